import { describe, expect, test } from 'vitest';
import { type Effect, TooLateError } from '../hypervisor/hypervisor.ts';
import { CancelTransaction, wordsOf } from './cancelling.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function bed() {
  const said: string[] = [];
  const answers = { cancel: new Error('no answer') as unknown, restrain: undefined as unknown };
  const answer = async (name: 'cancel' | 'restrain'): Promise<Effect> => {
    said.push(name);
    if (answers[name] !== undefined) throw answers[name];
    return { did: name };
  };
  const transaction = new CancelTransaction(
    { cancel: () => answer('cancel'), restrain: () => answer('restrain') },
    {
      did: ({ did }) => said.push(`did ${did}`),
      failed: (words) => said.push(`failed: ${words}`),
      tooLate: (words) => said.push(`too late: ${words}`),
    },
  );
  const look = async (atMs: number): Promise<void> => {
    transaction.look(atMs);
    await turn();
  };
  const tries = () => said.filter((each) => each === 'cancel').length;
  return { transaction, said, answers, look, tries };
}

describe('a cancel that fails', () => {
  test('is tried again, each time later, for ever', async () => {
    const { look, tries } = bed();
    const triedAt: number[] = [];
    for (let atMs = 0; atMs <= 30_000; atMs += 100) {
      const before = tries();
      await look(atMs);
      if (tries() > before) triedAt.push(atMs);
    }
    expect(triedAt.slice(0, 6)).toEqual([0, 500, 1500, 3500, 8500, 13_500]);
  });

  test('restrains the hypervisor, once it takes that, and once only', async () => {
    const { look, said, answers } = bed();
    answers.restrain = new Error('nor this');
    await look(0);
    answers.restrain = undefined;
    await look(500);
    await look(1500);
    expect(said.filter((each) => each === 'restrain')).toHaveLength(2);
    expect(said).toContain('did restrain');
  });

  test('is tried at once where somebody asks for it again', async () => {
    const { transaction, look, tries } = bed();
    await look(0);
    await look(100);
    expect(tries()).toBe(1);
    transaction.hurry();
    await look(100);
    expect(tries()).toBe(2);
  });
});

test('one that is taken is asked for again only where no end comes of it', async () => {
  const { look, said, answers, tries } = bed();
  answers.cancel = undefined;
  await look(0);
  await look(4900);
  expect(tries()).toBe(1);
  await look(5000);
  expect(tries()).toBe(2);
  expect(said).not.toContain('restrain');
});

test('one that is too late is over', async () => {
  const { look, said, answers, tries } = bed();
  answers.cancel = new TooLateError('it has arrived');
  await look(0);
  await look(60_000);
  expect(tries()).toBe(1);
  expect(said).toEqual(['cancel', 'too late: it has arrived']);
});

test('no two tries at once, and its end waits for the one under way', async () => {
  const { promise, resolve } = Promise.withResolvers<Effect>();
  let tries = 0;
  const transaction = new CancelTransaction(
    {
      cancel: async () => {
        tries += 1;
        return await promise;
      },
      restrain: async () => ({ did: '' }),
    },
    { did: () => {}, failed: () => {}, tooLate: () => {} },
  );
  transaction.look(0);
  transaction.look(60_000);
  expect(tries).toBe(1);
  let ended = false;
  const waiting = transaction.end().then(() => {
    ended = true;
  });
  await turn();
  expect(ended).toBe(false);
  resolve({ did: 'migrate_cancel' });
  await waiting;
});

test('once its end is known nothing is tried any more, whoever is in a hurry', async () => {
  const { transaction, look, said, answers, tries } = bed();
  answers.cancel = undefined;
  await look(0);
  await transaction.end();
  answers.cancel = new Error('no job is active');
  transaction.hurry();
  await look(100);
  expect(tries()).toBe(1);
  expect(said).not.toContain('restrain');
});

test('what is no error is put in words all the same', () => expect(wordsOf('odd')).toBe('odd'));
