/**
 * The lab's `loop` guest on its 480 Mbit/s link: 512 MiB of which 128 MiB are rewritten flat out, and some
 * 320 MB never touched.
 */
import { constantLink } from '../link.ts';
import { cyclic } from '../memory/cyclic.ts';
import type { ScenarioInput } from '../scenario.ts';

/** 60 MB/s less the headers of Ethernet, IP and TCP: 1448 of every 1514 bytes. */
export const LAB_LINE_RATE = 60e6 * (1448 / 1514);

export const LAB_LOOP: ScenarioInput = {
  memoryBytes: 512 * 2 ** 20,
  zeroPagesShare: 0.61,
  // Under TCG the first write to a page after each sync takes the slow path, some 3 us.
  memory: cyclic({ workingSetBytes: 128 * 2 ** 20, writeRateBytesPerSecond: 1.5e9 }),
  link: constantLink(LAB_LINE_RATE),
};
