import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askYes } from './ask-yes.ts';

function terminal() {
  const input = new PassThrough();
  const output = new PassThrough();
  const letGo = new AbortController();
  const answer = askYes('now?', { input, output, letGo: letGo.signal });
  return { input, output, letGo, answer };
}

test.each([
  ['y\n', true],
  ['Yes \n', true],
  ['\n', false],
  ['no\n', false],
  ['yesterday\n', false],
])('%j is %j', async (typed, expected) => {
  const { input, output, answer } = terminal();
  input.write(typed);
  expect(await answer).toBe(expected);
  expect(output.read().toString()).toContain('now? [y/N] ');
});

test('the end of what is typed, and being let go of, are no', async () => {
  const ended = terminal();
  ended.input.end();
  expect(await ended.answer).toBe(false);
  const left = terminal();
  left.letGo.abort();
  expect(await left.answer).toBe(false);
});
