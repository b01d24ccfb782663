/** What a drain asks of hosts, beside the moves themselves (`mover.ts`). */
import type { Reason } from '../drain/facts.ts';

export interface HostSeen {
  /** UUIDs of what is active there, in the host's order; what is on its way in or out is among them. */
  readonly active: readonly string[];
  /** What new guests could get; undefined: it does not tell. */
  readonly freeBytes: number | undefined;
  /** Of the guests that run there; 0: there is none. */
  readonly largestBytes: number;
}

export interface VmSeen {
  readonly name: string;
  readonly memoryBytes: number;
  /** Another one once its definition is another. */
  readonly mark: string;
  /** Its own settings, as they stand in its metadata. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** Why it must not be moved, wherever to. */
  readonly obstacles: readonly Reason[];
  /** It runs there no more, listed or not: it was handed over, or is off. Left out: it does. */
  readonly hasLeft?: boolean;
}

export interface DrainHosts {
  /** @throws {Error} with a sentence, where it does not answer */
  look(host: string): Promise<HostSeen>;
  /** @returns undefined where it is not there any more @throws {Error} where the host does not answer */
  vm(host: string, uuid: string): Promise<VmSeen | undefined>;
}
