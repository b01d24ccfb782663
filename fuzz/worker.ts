/**
 * A thread that fuzzes the targets it is sent, one after the other, with a defect planted where one is named. What it is
 * trying stands in memory that the main thread sees, for the input that never ends.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.ts';
import { DEFECTS, plant } from './defects.ts';
import { fuzzOne, type Task } from './fuzz-one.ts';
import { Trying } from './trying.ts';

export interface Order extends Task {
  readonly target: string;
}

const { defect, shared } = workerData as { defect: string | undefined; shared: SharedArrayBuffer };
const planted = DEFECTS.find(({ name }) => name === defect);
if (planted) plant(planted);
const trying = new Trying(shared);
// Only what is loaded from here on is counted, and has the defect.
const coverage = Coverage.start();

parentPort?.on('message', (order: Order) => {
  void fuzz(order);
});

async function fuzz({ target: name, ...task }: Order): Promise<void> {
  const { loadTarget } = await import('./target.ts');
  const target = await loadTarget(name);
  const fuzzed = await fuzzOne(target, task, coverage.anew(), (input) => trying.write(input));
  parentPort?.postMessage(fuzzed);
}
