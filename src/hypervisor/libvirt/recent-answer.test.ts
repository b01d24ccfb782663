import { expect, test } from 'vitest';
import { RecentAnswer } from './recent-answer.ts';

test('the same question is not asked again at once, another one is, and the same later on', async () => {
  let nowMs = 0;
  let asked = 0;
  const recent = new RecentAnswer<number>(1000, () => nowMs);
  const answerTo = (question: string) => recent.to(question, async () => (asked += 1));

  expect(await answerTo('a')).toBe(1);
  nowMs = 999;
  expect(await answerTo('a')).toBe(1);
  expect(await answerTo('b')).toBe(2);
  expect(await answerTo('a')).toBe(3);
  nowMs = 1999;
  expect(await answerTo('a')).toBe(4);
});

test('a question that failed is asked again', async () => {
  const recent = new RecentAnswer<string>(1000, () => 0);
  await expect(recent.to('a', () => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
  expect(await recent.to('a', async () => 'yes')).toBe('yes');
});
