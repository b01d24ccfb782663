/** A quota of which a test sees when it is set and let go. */
import type { QuotaLever } from '../vcpu-quota.ts';

export class ScriptedQuota implements QuotaLever {
  percent = 0;
  refuses = false;
  releases = 0;
  prepared = false;

  prepare(): void {
    this.prepared = true;
  }

  async set(percent: number) {
    if (this.refuses) throw new Error('no control groups');
    this.percent = percent;
    return { did: `a quota of ${percent}` };
  }

  release(): void {
    if (this.percent > 0) this.releases += 1;
    this.percent = 0;
    this.prepared = false;
  }
}
