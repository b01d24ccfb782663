import { describe, expect, test } from 'vitest';
import type { Happening } from '../../journal/journal-entry.ts';
import type { Decision } from '../../policy/policy.ts';
import { aloneOnLink, type OnLink } from './alone.ts';
import { LinkShare, type Sharing } from './link-share.ts';

const on = (id: string, given: Partial<OnLink> = {}): OnLink => ({
  ...{ id, intensiveSinceMs: undefined, switchesOver: false, turns: 0 },
  ...given,
});
const LOOP = { intensiveSinceMs: 5 };

describe('the link', () => {
  test.each([
    ['nobody, of one', [on('a', LOOP)], undefined, undefined],
    ['nobody, of calm ones', [on('a'), on('b')], undefined, undefined],
    ['the memory-intensive one', [on('a'), on('b', LOOP)], undefined, 'b'],
    ['whoever was known first', [on('a', LOOP), on('b', { intensiveSinceMs: 2 })], undefined, 'b'],
    ['whoever has it already', [on('a', LOOP), on('b', { intensiveSinceMs: 2 })], ['a', false], 'a'],
    ['the next one, once its turn is over', [on('a', LOOP), on('b', LOOP)], ['a', true], 'b'],
    ['whoever had fewer turns', [on('a', { ...LOOP, turns: 1 }), on('b', LOOP)], ['a', true], 'b'],
    ['whoever switches over', [on('a', { ...LOOP, switchesOver: true }), on('b', LOOP)], ['a', true], 'a'],
    ['the next one, once it has arrived', [on('b', LOOP), on('c')], ['a', false], 'b'],
  ] as const)('is for %s', (_, migrations, holder, alone) =>
    expect(aloneOnLink(migrations, holder && { id: holder[0], isSpent: holder[1] })).toBe(alone),
  );
});

/** Migrations whose caps are taken at once. */
function bed() {
  const clock = { ms: 0 };
  const share = new LinkShare(() => clock.ms);
  const caps: Record<string, number | undefined | 'as it was'> = {};
  const answers: Record<string, 'holds' | 'failed'> = {};
  const add = (id: string, given: Partial<Sharing> = {}) => {
    caps[id] = 'as it was';
    share.add({
      ...{ id, name: id, capBytesPerSecond: undefined, isHeld: false },
      run: {
        setPassCap: async (bytesPerSecond) => {
          if (answers[id] !== 'failed') caps[id] = bytesPerSecond;
          return answers[id] ?? 'holds';
        },
      },
      ...given,
    });
  };
  const see = async (id: string, happening: Happening) => {
    share.see(id, { schema: 2, seq: 0, time: '', atMs: 0, ...happening });
    await turn();
  };
  const decide = async (id: string, memoryIntensive: boolean) => {
    const decision: Decision = { action: 'continue', memoryIntensive, reason: '' };
    await see(id, { type: 'decision', pass: 1, decision });
  };
  return { clock, share, caps, answers, add, see, decide };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));
const HELD = 2 ** 20;
const tick: Happening = {
  type: 'tick',
  tick: {
    ...{ kind: 'tick', pass: 1, atMs: 0, sentBytes: 0, remainingBytes: 0, totalBytes: 0, throttlePercent: 0 },
  },
};

test('is shared as it comes until one is known to be memory-intensive, and again once that has arrived', async () => {
  const { share, caps, add, decide } = bed();
  add('a');
  add('b', { capBytesPerSecond: 50e6 });
  await decide('b', false);
  expect(caps).toEqual({ a: 'as it was', b: 'as it was' });
  await decide('a', true);
  expect(caps).toEqual({ a: 'as it was', b: HELD });
  share.remove('a');
  await turn();
  expect(caps['b']).toBe(50e6);
});

test('is free again as soon as its guest runs on the destination', async () => {
  const { caps, add, see, decide } = bed();
  add('a');
  add('b');
  await decide('a', true);
  await see('a', { type: 'state', from: 'copying', to: 'stopped' });
  expect(caps['b']).toBe(HELD);
  await see('a', { type: 'state', from: 'stopped', to: 'arrived' });
  expect(caps['b']).toBeUndefined();
});

test('four that are memory-intensive have it one after the other', async () => {
  const { share, caps, add, decide } = bed();
  const all = ['a', 'b', 'c', 'd'];
  for (const id of all) add(id);
  for (const id of all) await decide(id, true);
  for (const id of all) {
    const others = all.filter((each) => each !== id && each in caps);
    expect(others.map((each) => caps[each])).toEqual(others.map(() => HELD));
    expect(caps[id]).not.toBe(HELD);
    share.remove(id);
    delete caps[id];
    await turn();
  }
});

test('one that never arrives gives way after its turn, and has it again', async () => {
  const { clock, caps, add, see, decide } = bed();
  add('a');
  add('b');
  await decide('a', true);
  await decide('b', true);
  expect(caps).toEqual({ a: 'as it was', b: HELD });
  clock.ms = 60_000;
  await see('a', tick);
  expect(caps).toEqual({ a: HELD, b: undefined });
  clock.ms = 120_000;
  await see('b', tick);
  expect(caps).toEqual({ a: undefined, b: HELD });
});

test('what is about to stop its guest is not held any more', async () => {
  const { caps, add, see, decide } = bed();
  add('a');
  add('b');
  await see('b', { type: 'state', from: 'copying', to: 'switching-over' });
  await decide('a', true);
  expect(caps['b']).toBe('as it was');
  await see('b', { type: 'state', from: 'switching-over', to: 'copying' });
  expect(caps['b']).toBe(HELD);
});

test('a cap that was not taken is asked for again, not at once', async () => {
  const { clock, caps, answers, add, see, decide } = bed();
  add('a');
  add('b');
  answers['b'] = 'failed';
  await decide('a', true);
  answers['b'] = 'holds';
  await see('a', tick);
  expect(caps['b']).toBe('as it was');
  clock.ms = 5000;
  await see('a', tick);
  expect(caps['b']).toBe(HELD);
});

test('all are as they were when we let go, also what one before us had held', async () => {
  const { share, caps, add, decide } = bed();
  add('a');
  add('b', { capBytesPerSecond: 10e6 });
  await decide('a', true);
  await share.letGo();
  expect(caps).toEqual({ a: 'as it was', b: 10e6 });
  const { caps: later, add: come } = bed();
  come('c', { isHeld: true, capBytesPerSecond: 70e6 });
  await turn();
  expect(later['c']).toBe(70e6);
});
