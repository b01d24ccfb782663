import { expect, test } from 'vitest';
import { EntryBuffer } from './entry-buffer.ts';
import type { Happening, JournalEntry } from './journal-entry.ts';
import { BOUNDARY, OUTCOME, TICK } from './testing/happenings.ts';

const entry = (seq: number, happening: Happening): JournalEntry => ({
  schema: 2,
  seq,
  time: '',
  atMs: seq,
  ...happening,
});
const decision = {
  type: 'decision',
  pass: 1,
  decision: { action: 'continue', reason: '' },
} as const;
const intent = { type: 'intent', intent: 'cancel', side: null } as const;
const seqs = (buffer: EntryBuffer) => buffer.takeAll().map(({ seq }) => seq);

test('what waits is taken in order', () => {
  const buffer = new EntryBuffer(3);
  buffer.add(entry(0, TICK));
  buffer.add(entry(1, intent));
  expect(buffer.length).toBe(2);
  expect(seqs(buffer)).toEqual([0, 1]);
  expect(buffer.length).toBe(0);
});

test('samples go first, the oldest of them, and are not counted', () => {
  const buffer = new EntryBuffer(3);
  [TICK, decision, TICK, intent, BOUNDARY].forEach((each, seq) => {
    buffer.add(entry(seq, each));
  });
  expect(buffer.missing).toBe(0);
  expect(seqs(buffer)).toEqual([1, 3, 4]);
});

test('then what was seen, then what was decided; what was meant and done stays, and all of it is counted', () => {
  const buffer = new EntryBuffer(2);
  [intent, decision, BOUNDARY, { type: 'ended', outcome: OUTCOME } as const].forEach((each, seq) => {
    buffer.add(entry(seq, each));
  });
  expect(buffer.missing).toBe(2);
  expect(seqs(buffer)).toEqual([0, 3]);
  buffer.forgetMissing();
  expect(buffer.missing).toBe(0);
});

test('what is given back comes before what came meanwhile, and the bound still holds', () => {
  const buffer = new EntryBuffer(3);
  buffer.add(entry(0, intent));
  buffer.add(entry(1, intent));
  const taken = buffer.takeAll();
  buffer.add(entry(2, TICK));
  buffer.add(entry(3, intent));
  buffer.giveBack(taken);
  expect(buffer.missing).toBe(0);
  expect(seqs(buffer)).toEqual([0, 1, 3]);
});
