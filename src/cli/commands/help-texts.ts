import { OWN_POLICY_WORDS } from '../../policy/own-policy-words.ts';

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

/** A line for each policy that a migration may be decided by. */
export function policyHelp(): string {
  return Object.entries(OWN_POLICY_WORDS)
    .map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`)
    .join('\n');
}
