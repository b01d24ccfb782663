import type { StartWhen } from '../drain/calm.ts';
import type { Order } from '../drain/order.ts';
import type { HookPrograms } from '../drain/stages.ts';
import type { NoticeEntry } from './notice.ts';

/** `[drain]`. Undefined: as `switchover drain` does it by itself. */
export interface DrainConfig {
  /** The most calm VMs on a link. */
  readonly atATime?: number | undefined;
  /** Of its drains among others: those of a higher one go first. */
  readonly priority?: number | undefined;
  readonly order?: Order | undefined;
  /** Kept free on each destination. */
  readonly reserveBytes?: number | undefined;
  /** What all VMs of a drain together may take of a host's link. */
  readonly linkBudgetBytesPerSecond?: number | undefined;
  /** Times in which moves may begin, as they were written. */
  readonly windows?: readonly string[] | undefined;
  /** Whether VMs that are busy wait for a calmer moment. */
  readonly startWhen?: StartWhen | undefined;
  /** How long each may. */
  readonly calmWithinMs?: number | undefined;
  /** How long a VM that is shut down may take until it is off. */
  readonly shutdownTimeoutMs?: number | undefined;
  /** Programs that are asked before and after a host and each VM. */
  readonly hooks?: HookPrograms | undefined;
  /** How long each may take. */
  readonly hookTimeoutMs?: number | undefined;
  /** Of the `[[domain]]` entries that say how long before its move a guest is told, in the file's order. */
  readonly notices?: readonly NoticeEntry[] | undefined;
}
