import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type RollSteps, roll, type StepEnd } from './roll.ts';

const DONE: StepEnd = { isDone: true, words: '', exitStatus: 0 };
const HOSTS = ['a', 'b', 'c', 'd'];

/** Steps that are written down, of hosts that are away from their emptying to their release. */
function steps(
  failing: Partial<Record<string, { readonly at: keyof RollSteps; readonly end: StepEnd }>> = {},
) {
  const told: string[] = [];
  const away = new Set<string>();
  let most = 0;
  const step = (name: keyof RollSteps) => async (host: string) => {
    told.push(`${name} ${host}`);
    if (name === 'empty') away.add(host);
    most = Math.max(most, away.size);
    await sleep(5);
    const { at, end = DONE } = failing[host] ?? {};
    if (name === 'release' && at !== name) away.delete(host);
    return at === name ? end : DONE;
  };
  const made: RollSteps = {
    ...{ empty: step('empty'), recover: step('recover'), release: step('release') },
    approve: async (host) => (await step('approve')(host)).isDone,
  };
  return { told, made, most: () => most };
}

describe('rolling over hosts', () => {
  test('takes one after the other, each from its emptying to its release', async () => {
    const { told, made, most } = steps();
    const ends = await roll(['a', 'b'], { maxUnavailable: 1 }, made);
    expect(ends.map(({ host, state }) => [host, state])).toEqual([
      ['a', 'done'],
      ['b', 'done'],
    ]);
    expect(told).toEqual(
      ['a', 'b'].flatMap((host) =>
        ['approve', 'empty', 'recover', 'release'].map((each) => `${each} ${host}`),
      ),
    );
    expect(most()).toBe(1);
  });

  test.each([2, 3])('has at most %d away at a time', async (maxUnavailable) => {
    const { made, most } = steps();
    const ends = await roll(HOSTS, { maxUnavailable }, made);
    expect(ends.every(({ state }) => state === 'done')).toBe(true);
    expect(most()).toBe(maxUnavailable);
  });

  test.each(['empty', 'recover', 'release'] as const)(
    'ends at the first host whose step "%s" is not done',
    async (at) => {
      const end = { isDone: false, words: 'a disk is local', exitStatus: 4 };
      const { told, made } = steps({ b: { at, end } });
      expect(await roll(HOSTS, { maxUnavailable: 1 }, made)).toEqual([
        { host: 'a', state: 'done', words: null, exitStatus: 0 },
        { host: 'b', state: 'stopped', words: 'a disk is local', exitStatus: 4 },
        { host: 'c', state: 'waiting', words: null, exitStatus: 0 },
        { host: 'd', state: 'waiting', words: null, exitStatus: 0 },
      ]);
      expect(told.at(-1)).toBe(`${at} b`);
    },
  );

  test('lets others that have begun come to their end', async () => {
    const { made, told } = steps({ a: { at: 'empty', end: { isDone: false, words: '', exitStatus: 5 } } });
    const ends = await roll(HOSTS, { maxUnavailable: 2 }, made);
    expect(ends.map(({ state }) => state)).toEqual(['stopped', 'done', 'waiting', 'waiting']);
    expect(told).toContain('release b');
  });

  test('begins nothing that nobody approves', async () => {
    const { made, told } = steps({ b: { at: 'approve', end: { ...DONE, isDone: false } } });
    const ends = await roll(HOSTS, { maxUnavailable: 1 }, made);
    expect(ends.map(({ state }) => state)).toEqual(['done', 'refused', 'waiting', 'waiting']);
    expect(told).not.toContain('empty b');
  });
});
