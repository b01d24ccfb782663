/** What happened in a cell, in the order of time, for a person who looks into a failure. */
import type { Witness } from './witness.ts';

interface Entry {
  /** Wall clock. */
  readonly atMs: number;
  readonly text: string;
}

export class Timeline {
  readonly #entries: Entry[] = [];
  readonly #beganMs = Date.now();

  note(text: string, atMs = Date.now()): void {
    const lines = text.split('\n').filter((line) => !/^\|?\s*$/.test(line));
    for (const line of lines) this.#entries.push({ atMs, text: line });
  }

  /** With what the witnesses saw, between the notes. */
  text(witnesses: readonly Pick<Witness, 'side' | 'events' | 'states' | 'endedAtMs'>[]): string {
    const seen = witnesses.flatMap(({ side, events, states, endedAtMs }): Entry[] => [
      ...events.map(({ atMs, name, data }) => ({
        atMs,
        text: `${side}: ${name} ${Object.keys(data).length > 0 ? JSON.stringify(data) : ''}`.trimEnd(),
      })),
      ...states.map(({ atMs, status }) => ({ atMs, text: `${side}: is ${status}` })),
      ...(endedAtMs === undefined ? [] : [{ atMs: endedAtMs, text: `${side}: QEMU has ended` }]),
    ]);
    return [...this.#entries, ...seen]
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ atMs, text }) => `${((atMs - this.#beganMs) / 1000).toFixed(3).padStart(8)}  ${text}\n`)
      .join('');
  }
}
