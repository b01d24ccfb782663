/** What keeps a domain from being moved by us, wherever to. */
import type { Reason } from '../drain/facts.ts';
import { ASKS, type OwnWord, objectionOf, otherWord, wayOfWord } from '../drain/own-word.ts';
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import { rampingManager } from '../watch/ramping-manager.ts';
import { type Ride, StartFailed } from './mover.ts';

export interface LookedUp {
  readonly facts: GuestFacts;
  readonly metadata: Record<string, string> | undefined;
  readonly metadataNamespaces: readonly string[];
}

/** What forbids it whatever the destination. */
export function obstaclesOf({
  facts,
  metadataNamespaces,
}: Pick<LookedUp, 'metadataNamespaces'> & {
  readonly facts: Pick<GuestFacts, 'migrating' | 'state'>;
}): Reason[] {
  const manager = rampingManager(metadataNamespaces);
  if (manager !== undefined)
    return [
      {
        code: 'managed',
        words: `${manager} manages it, and its records would be wrong if it were moved behind its back`,
        remedy: `drain the host in ${manager}, and let \`switchover watch\` make its migrations finish`,
      },
    ];
  if (facts.migrating)
    return [
      {
        code: 'already-migrating',
        words: 'it is migrating already',
        remedy: 'wait for that, or follow it with `switchover attach`, and plan again',
      },
    ];
  if (facts.state !== 'running' && facts.state !== 'paused')
    return [
      {
        code: 'not-running',
        words: `it does not run there: it is ${facts.state}`,
        remedy: 'plan again later',
      },
    ];
  return [];
}

/**
 * Right before anything is done to a VM its word is heard again: nobody is moved or shut down who has said something else since.
 * @throws {StartFailed}
 */
export function assertWord(
  { way, isDecided }: Pick<Ride, 'way' | 'isDecided'>,
  word: OwnWord,
  name: string,
): void {
  if (isDecided || way === 'start') return;
  const objection = objectionOf(word, name);
  if (!objection && wayOfWord(word) === way) return;
  const told = objection?.code === ASKS ? objection : otherWord(word, name);
  throw new StartFailed({ class: 'permanent', ...told });
}
