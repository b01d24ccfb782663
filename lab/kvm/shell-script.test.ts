import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellScript } from './shell-script.ts';

test('a shell takes every word, the folder and the environment for what they are', () => {
  const word = `it's "q" $(echo no) \\ \n;*`;
  const script = shellScript('/tmp', ['sh', '-c', 'printf %s "$PWD|$X|$1"', 'sh', word], { X: word });
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`/tmp|${word}|${word}`);
});
