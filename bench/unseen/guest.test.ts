import { describe, expect, test } from 'vitest';
import { partsOf } from '../../src/hypervisor/simulated/memory/memory-model.ts';
import { unseenGuest } from './guest.ts';
import { FURTHER_KINDS_FROM } from './seeds.ts';

const SEEDS = Array.from({ length: 500 }, (_, seed) => seed);
const FURTHER_SEEDS = SEEDS.map((seed) => FURTHER_KINDS_FROM + seed);

test('a seed tells the same guest each time, and another seed another one', () => {
  const shown = ({ words, scenario }: ReturnType<typeof unseenGuest>) =>
    JSON.stringify([words, scenario.memoryBytes, scenario.memory.dirtiedBytes(0, 1000), scenario.startMs]);
  expect(shown(unseenGuest(7))).toBe(shown(unseenGuest(7)));
  expect(new Set(SEEDS.map((seed) => shown(unseenGuest(seed)))).size).toBe(SEEDS.length);
});

test('what is written lies in the memory that is used', () => {
  for (const seed of [...SEEDS, ...FURTHER_SEEDS]) {
    const { memoryBytes, zeroPagesShare = 0, memory } = unseenGuest(seed).scenario;
    expect(memory.workingSetBytes).toBeLessThanOrEqual(memoryBytes * (1 - zeroPagesShare));
    expect(memoryBytes).toBeGreaterThanOrEqual(256 * 2 ** 20);
    expect(memoryBytes).toBeLessThanOrEqual(8192 * 2 ** 20);
  }
});

describe('among many there are', () => {
  const words = SEEDS.map((seed) => unseenGuest(seed).words);
  test.each(['in order', 'at random', 'of the pages', 'growing', 'shrinking', 'calm in turn', 'wavering'])(
    'some that are %s, and some that are not',
    (kind) => {
      const having = words.filter((each) => each.includes(kind)).length;
      expect(having).toBeGreaterThan(SEEDS.length / 20);
      expect(having).toBeLessThan(SEEDS.length);
    },
  );

  test('guests of one tier and of several, on slow links and fast ones', () => {
    const scenarios = SEEDS.map((seed) => unseenGuest(seed).scenario);
    const tiers = scenarios.map(({ memory }) => partsOf(memory).length);
    expect(Math.min(...tiers)).toBe(1);
    expect(Math.max(...tiers)).toBeGreaterThanOrEqual(3);
    const rates = scenarios.map(({ link }) => link.sectionAt(0).bytesPerSecond);
    expect(Math.min(...rates)).toBeLessThan(70e6);
    expect(Math.max(...rates)).toBeGreaterThan(1e9);
  });
});

describe('from 2000 on', () => {
  const wordsOf = (seeds: readonly number[]) => seeds.map((seed) => unseenGuest(seed).words);

  test.each(['allocated and freed', 'compressed to'])('some are %s, and none before', (kind) => {
    const having = wordsOf(FURTHER_SEEDS).filter((words) => words.includes(kind)).length;
    expect(having).toBeGreaterThan(FURTHER_SEEDS.length / 5);
    expect(having).toBeLessThan((4 * FURTHER_SEEDS.length) / 5);
    const last = Array.from({ length: 100 }, (_, index) => FURTHER_KINDS_FROM - 1 - index);
    expect(wordsOf([...SEEDS, ...last]).filter((words) => words.includes(kind))).toEqual([]);
  });

  test('what is compressed is, and what is freed holds zeros', () => {
    for (const seed of FURTHER_SEEDS) {
      const { words, scenario } = unseenGuest(seed);
      expect(scenario.compressedTo !== undefined).toBe(words.includes('compressed to'));
      expect(partsOf(scenario.memory).some(({ holdsZeros }) => holdsZeros)).toBe(
        words.includes('allocated and freed'),
      );
    }
  });
});
