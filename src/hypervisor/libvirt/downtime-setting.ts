/** The downtime limit of a domain: the one setting that a migration of ours changes, and puts back (S5). */
import type { Effect, Restored } from '../hypervisor.ts';
import type { SideLook } from './domain/domain-state.ts';

export interface DowntimeSettingParts {
  readonly uri: string;
  readonly uuid: string;
  readonly name: string;
  /** The limit that was in force before any controller of ours changed it; undefined where libvirt did not tell. */
  readonly formerMs: number | undefined;
  /** One of ours has changed it already. */
  readonly changed: boolean;
  /** The limit that is in force when it begins; undefined where libvirt did not tell. */
  readonly inForceMs: number | undefined;
  act(limitMs: number): Promise<unknown>;
}

export class DowntimeSetting {
  private readonly parts: DowntimeSettingParts;
  private changed: boolean;
  private formerMs: number | undefined;
  /** As far as it is known. */
  private inForceMs: number | undefined;
  private begun = 0;
  private done = 0;

  constructor(parts: DowntimeSettingParts) {
    this.parts = parts;
    this.changed = parts.changed;
    this.formerMs = parts.formerMs;
    this.inForceMs = parts.inForceMs;
  }

  async set(limitMs: number): Promise<Effect> {
    // One that is not answered may be set all the same.
    this.changed = true;
    this.inForceMs = undefined;
    this.begun += 1;
    try {
      await this.parts.act(limitMs);
      this.inForceMs = limitMs;
    } finally {
      this.done += 1;
    }
    return { did: `migrate-setmaxdowntime ${limitMs}`, set: { downtimeLimitMs: limitMs } };
  }

  /**
   * Whoever set it last, it is his that is to be there in the end.
   * @param look asks for the limit in force; undefined: it is not told
   * @returns the limit that somebody else has set, undefined where nobody has
   */
  async notice(look: () => Promise<number | undefined>): Promise<number | undefined> {
    const { begun } = this;
    // While one of ours is on its way nothing is known.
    if (begun !== this.done) return undefined;
    const limitMs = await look();
    if (limitMs === undefined || begun !== this.begun) return undefined;
    const before = this.inForceMs;
    this.inForceMs = limitMs;
    if (before === undefined || before === limitMs) return undefined;
    this.formerMs = limitMs;
    this.changed = false;
    return limitMs;
  }

  /** @param source what the source says now, and whether a job of ours lasts there */
  async putBack({ state, standsStill, jobLasts }: SideLook): Promise<readonly Restored[]> {
    const { formerMs: limitMs } = this;
    if (limitMs === undefined) return [];
    // What was not changed, or what another has set since, is as it is to be: it is owed no more.
    if (!this.changed) return [{ side: 'source', problem: undefined }];
    // Its QEMU is there no more, and with it what was set. One that handed over and stands still is left there.
    if (state === 'gone' || (state === 'handed-over' && !standsStill)) return [];
    const failed = (words: string): readonly Restored[] => [
      { side: 'source', problem: notPutBack({ ...this.parts, limitMs, words }) },
    ];
    // Its last step is to set again what it had found set, which was ours.
    if (jobLasts) return failed('libvirt has not ended the migration yet');
    try {
      await this.set(limitMs);
      this.changed = false;
      return [{ side: 'source', problem: undefined }];
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }
}

export interface NotPutBack {
  readonly uri: string;
  readonly uuid: string;
  readonly name: string;
  readonly limitMs: number;
  readonly words: string;
}

export function notPutBack({ uri, uuid, name, limitMs, words }: NotPutBack): string {
  return (
    `the downtime limit of ${name} could not be put back to ${limitMs} ms (${words}): ` +
    `\`virsh --connect ${uri} migrate-setmaxdowntime ${uuid} ${limitMs}\` does it`
  );
}
