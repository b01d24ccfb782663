/** A thread that explores the seeds it is sent, one share after the other, with a defect planted where one is named. */
import { parentPort, workerData } from 'node:worker_threads';
import { DEFECTS, plant } from './defects.ts';
import type { Share, ShareResult } from './shares.ts';

const { defect } = workerData as { defect: string | undefined };
// Where an error came from is told when its seed is explored alone: here most are simulated refusals.
Error.stackTraceLimit = 0;
const planted = DEFECTS.find(({ name }) => name === defect);
if (planted) plant(planted);
// Only now: what is loaded from here on has the defect.
const { exploreShare } = await import('./shares.ts');

parentPort?.on('message', (share: Share) => {
  void exploreShare(share).then((result: ShareResult) => parentPort?.postMessage(result));
});
