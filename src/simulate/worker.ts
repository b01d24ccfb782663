/** A thread that simulates the shares it is sent, one after the other, until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { runShare, type Share } from './run-share.ts';
import type { ScenarioFile } from './scenario-file.ts';

parentPort?.on('message', (share: Share) => void answer(share));

async function answer(share: Share): Promise<void> {
  const figures = await runShare(workerData as ScenarioFile, share);
  parentPort?.postMessage(
    figures,
    Object.values(figures).map(({ buffer }) => buffer),
  );
}
