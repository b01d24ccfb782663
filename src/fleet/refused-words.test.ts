import { expect, test } from 'vitest';
import { refusedWords } from './refused-words.ts';

const taken = (uuid: string) =>
  `the destination has another domain of the name "db" (UUID ${uuid}): rename that one`;
const [ONE, TWO] = ['764fb382-aa15-4cad-9237-b0c297d8ca10', '8e59fbe9-ab8e-4e95-ab65-77cdbdd87f58'];

test('each destination says what it has against a VM, and those that say the same say it once', () => {
  expect(refusedWords([{ destination: 'x://b', words: taken(ONE) }])).toBe(`x://b: ${taken(ONE)}`);
  expect(
    refusedWords([
      { destination: 'qemu+tcp://b/system', words: taken(ONE) },
      { destination: 'qemu+tcp://c/system', words: 'qemu+tcp://c/system is cordoned' },
      { destination: 'qemu+tcp://d/system', words: taken(TWO) },
    ]),
  ).toBe(
    'qemu+tcp://b/system and qemu+tcp://d/system: the destination has another domain of the name "db": rename that one; qemu+tcp://c/system is cordoned',
  );
  expect(
    refusedWords(
      ['b', 'c', 'd'].map((name) => ({ destination: `x://${name}`, words: `x://${name} is cordoned` })),
    ),
  ).toBe('x://b, x://c and x://d: the destination is cordoned');
});
