import { OWN_POLICY_WORDS } from '../../policy/own-policy-words.ts';

export const EXIT_HELP = `
Exit status:
  0    the guest runs on the destination
  1    unexpected error
  2    wrong usage or configuration
  3    refused before anything was touched
  4    failed; the guest still runs on the source, or has ended by itself
  5    cancelled, timed out or not possible within the limits; the guest still runs on the source
  6    an operator is needed: it is not certain that exactly one side runs the guest; the outcome says what to do,
       mostly to make a side reachable again and then to attach
  130  interrupted: detached, the migration goes on by itself`;

/** Of commands that follow a migration to its end. */
export const SIGNALS_HELP = `
Ctrl-C cancels and the guest stays on the source; a second one within a second detaches instead, as SIGTERM does: the
migration goes on alone. A closed terminal changes nothing, and nothing interrupts a cancel that has begun. Of a QEMU
without libvirt the destination waits for switchover's word: after detaching the guest stands still once it has arrived,
until \`switchover attach\` lets it run.`;

/** A line for each policy that a migration may be decided by. */
export function policyHelp(): string {
  return Object.entries(OWN_POLICY_WORDS)
    .map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`)
    .join('\n');
}
