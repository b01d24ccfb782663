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
  act(limitMs: number): Promise<unknown>;
}

export class DowntimeSetting {
  private readonly parts: DowntimeSettingParts;
  private changed: boolean;

  constructor(parts: DowntimeSettingParts) {
    this.parts = parts;
    this.changed = parts.changed;
  }

  async set(limitMs: number): Promise<Effect> {
    // One that is not answered may be set all the same.
    this.changed = true;
    await this.parts.act(limitMs);
    return { did: `migrate-setmaxdowntime ${limitMs}`, set: { downtimeLimitMs: limitMs } };
  }

  /** @param source what the source says now */
  async putBack({ state }: SideLook): Promise<readonly Restored[]> {
    const { formerMs: limitMs } = this.parts;
    if (limitMs === undefined || !this.changed) return [];
    // Its QEMU is there no more, and with it what was set.
    if (state === 'gone' || state === 'handed-over') return [];
    try {
      await this.set(limitMs);
      this.changed = false;
      return [{ side: 'source', problem: undefined }];
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return [{ side: 'source', problem: notPutBack({ ...this.parts, limitMs, words }) }];
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
