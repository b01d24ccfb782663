/** stdout holds the result, as text or as one JSON document; progress goes to stderr. */
import type { Sides } from '../kept-lab.ts';

export function report(result: unknown, text: string, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(result, null, 2) : text}\n`);
}

export function progress(sentence: string): void {
  process.stderr.write(`lab: ${sentence}\n`);
}

/** One side as a document. */
export async function describeSide(sides: Sides, side: 'source' | 'destination') {
  const guest = sides[side];
  if (guest === undefined) return null;
  return {
    pid: guest.pid,
    runState: (await guest.runState()) ?? 'unknown',
    qmp: `qmp:${guest.qmpPath}`,
    monitor2: `qmp:${guest.monitor2Path}`,
    console: guest.consolePath,
  };
}
