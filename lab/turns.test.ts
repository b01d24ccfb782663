import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('no more than two at a time, in order, and a failure gives its turn back', async () => {
  const turns = new Turns(2);
  let atOnce = 0;
  const most: number[] = [];
  const begun: number[] = [];
  const works = [0, 1, 2, 3, 4].map(async (each) =>
    turns.take(async () => {
      begun.push(each);
      most.push(++atOnce);
      await new Promise((resolve) => setTimeout(resolve, 1));
      atOnce--;
      if (each === 1) throw new Error('no');
    }),
  );
  const ended = await Promise.allSettled(works);
  expect(ended.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true]);
  expect([Math.max(...most), begun]).toEqual([2, [0, 1, 2, 3, 4]]);
});
