/** A controller in a process of its own, on a world of files: for tests that kill it. Says `ready`, and `at POINT VM`. */
import fs from 'node:fs';
import { Database } from '../../postgres/database.ts';
import { FleetController } from '../controller.ts';
import { FileMover, type Point } from './file-mover.ts';
import { FileWorld } from './file-world.ts';
import { stepDateToAndFro } from './stepping-date.ts';

export interface ProcessOptions {
  readonly name: string;
  readonly url: string;
  readonly world: string;
  readonly destinations: readonly string[];
  readonly leaseMs: number;
  /** It stands still there, as if it were frozen, the first time. */
  readonly standAt?: Point;
  /** For that long; left out: for ever. */
  readonly standForMs?: number;
  /** What `Date` says goes to and fro by that. */
  readonly dateStepMs?: number;
}

const options: ProcessOptions = JSON.parse(process.argv[2] ?? '');
const { name, url, world, destinations, leaseMs, standAt, standForMs, dateStepMs = 0 } = options;

stepDateToAndFro(dateStepMs);

let hasStood = false;
const mover = new FileMover(new FileWorld(world), name, (point, vm) => {
  if (point !== standAt || hasStood) return;
  hasStood = true;
  say(`at ${point} ${vm}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, standForMs);
});
const controller = await FleetController.start({
  ...{ database: Database.at(url), mover, place: mover.placeOn(destinations), leaseMs },
  ...{ roundMs: 200, reconcileMs: 1000 },
  warn: (words) => say(`warns ${words}`),
});
say('ready');
process.on('SIGTERM', () => {
  controller[Symbol.asyncDispose]().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
// Ends with whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();
say(`closed ${await controller.closed}`);

/** At once, even where nothing runs after it. */
function say(words: string): void {
  fs.writeSync(1, `${words}\n`);
}
