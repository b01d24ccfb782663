import { expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import {
  readArguments,
  readBitsPerSecond,
  readChoice,
  readMiB,
  readSeconds,
  readWhole,
} from './arguments.ts';

test('reads sizes, times, rates and numbers in the units that the lab uses', () => {
  expect(readMiB('--wss', '1G')).toBe(1024);
  expect(readSeconds('--busy', '2m')).toBe(120);
  expect(readBitsPerSecond('--link', '480mbit')).toBe(480e6);
  expect(readWhole('--rate', '20000')).toBe(20000);
});

test.each([
  [() => readMiB('--wss', '128'), '--wss: "128" is not a size'],
  [() => readMiB('--wss', '1.5k'), 'whole MiB above zero'],
  [() => readMiB('--wss', '0M'), 'whole MiB above zero'],
  [() => readSeconds('--busy', '300ms'), 'whole seconds above zero'],
  [() => readBitsPerSecond('--link', 'fast'), '--link: "fast" is not a rate'],
  [() => readWhole('--rate', '-1'), 'a whole number'],
  [() => readChoice('--page', 'half', ['word', 'full']), 'choose one of word, full'],
  [() => readArguments(['--nope'], {}, 0), "Unknown option '--nope': see"],
  [() => readArguments(['a', 'b'], {}, 1), '"b" is one word too many'],
])('refuses in one sentence: %s', (read, sentence) => {
  expect(read).toThrow(UsageError);
  expect(read).toThrow(sentence);
});
