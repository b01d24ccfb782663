import { expect, test } from 'vitest';
import { ProgressOfMany } from './progress-of-many.ts';

function progress(isTTY: boolean) {
  let atMs = 0;
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) };
  const told = new ProgressOfMany('simulating', stream, () => atMs);
  const take = (ms: number, done: number) => {
    atMs = ms;
    told.take(done, 1000);
  };
  return { take, clear: () => told.clear(), written };
}

test('on a terminal one line is rewritten, ten times a second at most, and goes at the end', () => {
  const { take, clear, written } = progress(true);
  take(0, 0);
  take(120, 10);
  take(150, 20);
  take(4000, 500);
  clear();
  clear();
  expect(written).toEqual([
    '\r\x1b[Ksimulating: 1 %, 10 of 1000',
    '\r\x1b[Ksimulating: 50 %, 500 of 1000, about 4 s left',
    '\r\x1b[K',
  ]);
});

test('elsewhere a line after a second and then every ten, and none where it does not take that long', () => {
  const { take, clear, written } = progress(false);
  for (let ms = 0; ms <= 25_000; ms += 500) take(ms, ms / 50);
  clear();
  expect(written).toEqual([
    'simulating: 2 %, 20 of 1000\n',
    'simulating: 22 %, 220 of 1000, about 39 s left\n',
    'simulating: 42 %, 420 of 1000, about 29 s left\n',
  ]);
});
