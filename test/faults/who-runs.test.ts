/** The two ways in which the matrix sees who runs the guest: what the QEMUs say, and the beats on the consoles. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Beat, BeatReader, longestSilenceMs, twoConsoles } from './beats.ts';
import type { Side } from './cell.ts';
import { overlapMs, runTimes, type Testimony } from './run-times.ts';

describe('what the QEMUs say', () => {
  const testimony = (first: string, ...events: [string, number][]): Testimony => ({
    states: [{ atMs: 0, status: first }],
    events: events.map(([name, atMs]) => ({ name, atMs, data: {} })),
    endedAtMs: undefined,
  });

  test('a guest that moves runs on one side at a time', () => {
    const source = runTimes(testimony('running', ['STOP', 100]), 1000);
    const destination = runTimes(testimony('inmigrate', ['RESUME', 200]), 1000);
    expect(source).toEqual([{ fromMs: 0, toMs: 100 }]);
    expect(destination).toEqual([{ fromMs: 200, toMs: 1000 }]);
    expect(overlapMs(source, destination)).toBe(0);
  });

  test('a source that is resumed beside it is seen, until one of them ends', () => {
    const source = runTimes(testimony('running', ['STOP', 100], ['RESUME', 300]), 1000);
    const destination = runTimes({ ...testimony('inmigrate', ['RESUME', 200]), endedAtMs: 450 }, 1000);
    expect(overlapMs(source, destination)).toBe(150);
  });
});

describe('the beats', () => {
  const beats = (...all: [Side, number, number][]): Beat[] =>
    all.map(([side, number, atMs]) => ({ side, number, atMs }));

  test('of a guest that moves tell of one', () => {
    expect(twoConsoles(beats(['source', 1, 0], ['source', 2, 100], ['destination', 3, 900]))).toBeUndefined();
  });

  test('with one number on both consoles tell of two, however late they are read', () => {
    const forked = beats(['source', 1, 0], ['source', 2, 100], ['destination', 2, 100]);
    expect(twoConsoles(forked)).toMatch(/1 beats came on both consoles/);
  });

  test('that go on at the source after the destination had begun tell of two', () => {
    const back = beats(['source', 1, 0], ['destination', 2, 100], ['source', 3, 200]);
    expect(twoConsoles(back)).toMatch(/source's console went on/);
  });

  test('tell how long the guest stood still, from one console to the other', () => {
    expect(longestSilenceMs(beats(['source', 1, 0], ['source', 2, 100], ['destination', 3, 900]))).toBe(800);
  });

  test('are read as they come, whole lines only, and without those of before', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-beats-'));
    const consoles = { source: path.join(folder, 's'), destination: path.join(folder, 'd') };
    writeFileSync(consoles.source, 'kernel\nbeat 1\nbea');
    const reader = new BeatReader(consoles);
    const sinceMs = Date.now() - 1;
    appendFileSync(consoles.source, 't 2\r\nbeat 3\r\nbeat 4');
    writeFileSync(consoles.destination, 'beat 5\n');
    // "t 2" is the rest of a line whose beginning came before: it is nobody's.
    const read = () => reader.beats.map(({ side, number }) => `${side} ${number}`);
    await expect.poll(read).toEqual(['source 3', 'destination 5']);
    expect(reader.goesOnSince(sinceMs, 1)).toEqual(['source', 'destination']);
    expect(reader.goesOnSince(sinceMs, 2)).toEqual([]);
    reader.close();
    rmSync(folder, { recursive: true });
  });
});
