import path from 'node:path';

/** Where the hashes of the tokens are, and nothing else. */
export function tokensFile(stateDir: string): string {
  return path.join(stateDir, 'tokens.json');
}

/** Where it is written down who did what. */
export function auditFile(stateDir: string): string {
  return path.join(stateDir, 'audit.jsonl');
}
