import { OWN_POLICIES } from '../../policy/own-policies.ts';
import { PEER_NAMES } from '../../policy/peers/peer-names.ts';

export const EXIT_HELP = `
Exit status:
  0    the guest runs on the destination
  1    unexpected error
  2    wrong usage or configuration
  3    refused before anything was touched
  4    failed; the guest still runs on the source
  5    cancelled, timed out or not possible within the limits; the guest still runs on the source
  6    an operator is needed: it is not certain that exactly one side runs the guest
  130  interrupted: detached, the migration goes on by itself`;

/** The rules of other systems are told with their sources in docs/peers.md. */
export function policyHelp(): string {
  const own = Object.entries(OWN_POLICIES).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`);
  const peers = inLines(PEER_NAMES, 100).map((line) => `    ${line}`);
  return [
    ...own,
    '  and the rules of other systems, to compare with, each as its source has it:',
    ...peers,
  ].join('\n');
}

function inLines(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + word.length <= width)
      lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines;
}
