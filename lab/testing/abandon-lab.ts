/**
 * A program that opens a lab and never closes it, for tests of what happens when it is killed.
 * Prints one line of JSON once the pair is up.
 */
import { openLab } from '../lab.ts';

const lab = await openLab();
const pair = await lab.startPair({ workload: { kind: 'idle', wssMiB: 1 } });
const pids = [pair.source.pid, pair.destination.pid];
process.stdout.write(`${JSON.stringify({ id: lab.id, folder: lab.folder, pids })}\n`);
setInterval(() => undefined, 60_000);
