/** What keeps a domain from being moved by us, wherever to. */
import type { Reason } from '../drain/facts.ts';
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import { rampingManager } from '../watch/ramping-manager.ts';

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
