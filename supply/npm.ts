/** The npm of this checkout: the one that ./dev brings with its Node, or else the system's. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '..');
/** Where ./dev installs Node, by lab/node/package-lock.json. */
export const NODE_FOLDER = path.join(ROOT, '.cache', 'node');

const CLI = path.join(NODE_FOLDER, 'node_modules', 'npm', 'bin', 'npm-cli.js');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program and its first words, for Node that is at work here. */
export function npmCommand(): readonly [string, ...string[]] {
  return existsSync(CLI) ? [process.execPath, CLI] : ['npm'];
}

/** @throws {Error} where there is no npm, or it is not done in time */
export async function npm(args: readonly string[], cwd: string, timeoutMs = 120_000): Promise<Ran> {
  const [program, ...words] = npmCommand();
  const child = spawn(program, [...words, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
