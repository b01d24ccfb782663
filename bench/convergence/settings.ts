/** What the convergence bench runs on each accelerator: a memory-intensive guest, and a link too slow for it. */
import { type Accelerator, labAccelerator } from '../../lab/accelerator.ts';
import { Bed, LOOP } from '../../lab/bed.ts';
import type { Workload } from '../../lab/guest/workload.ts';

export interface Setting {
  readonly workload: Workload;
  readonly memoryMiB: number;
  readonly rateBitsPerSecond: number;
  /** After which stock QEMU is given up. */
  readonly stockSeconds: number;
  /** What forecast may need at most of mp's time and data. */
  readonly ofMp: number;
}

const SETTINGS: Readonly<Record<Accelerator, Setting>> = {
  tcg: {
    workload: LOOP,
    memoryMiB: 512,
    rateBitsPerSecond: 480e6,
    stockSeconds: 30,
    ofMp: 0.8,
  },
  // On an emulated host: paced, so that the guest does not write as fast as the emulation happens to be.
  kvm: {
    workload: { kind: 'loop', wssMiB: 64, pagesPerSecond: 12_000 },
    memoryMiB: 256,
    rateBitsPerSecond: 160e6,
    stockSeconds: 60,
    ofMp: 0.9,
  },
};

/** Of the accelerator that this machine's labs run on. */
export const SETTING = SETTINGS[labAccelerator()];

export async function makeBed(workload = SETTING.workload): Promise<Bed> {
  const { memoryMiB, rateBitsPerSecond } = SETTING;
  return await Bed.make(workload, { memoryMiB }, { rateBitsPerSecond });
}
