import { expect, onTestFinished, test } from 'vitest';
import { JournalError } from '../journal/journal-error.ts';
import type { PruneReport } from '../journal/journal-store.ts';
import { Pruning } from './pruning.ts';

/** @param answers one a time; an error is thrown, and from the last on nothing is removed */
function prunes(...answers: readonly (PruneReport | Error)[]): { said: string[]; asked(): number } {
  const said: string[] = [];
  let asked = 0;
  const prune = async () => {
    const answer = answers[asked] ?? { removed: [], kept: { count: 0, bytes: 0 }, problems: [] };
    asked += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const pruning = new Pruning({ prune }, (sentence) => said.push(sentence), 5);
  onTestFinished(() => pruning.close());
  pruning.start();
  return { said, asked: () => asked };
}

test('it says what has gone, and what could not go, and goes on', async () => {
  const { said, asked } = prunes(
    {
      removed: ['a', 'b'].map((id) => ({ id, bytes: 2e6, because: 'age' })),
      ...{ kept: { count: 3, bytes: 5e6 }, problems: ['c cannot be removed'] },
    },
    new JournalError('the journals cannot be listed'),
  );
  await expect.poll(asked).toBeGreaterThan(3);
  expect(said).toEqual([
    'removed 2 old journals of 4 MB from the folder; 3 left',
    'old journals could not be removed: c cannot be removed',
    'old journals could not be removed: the journals cannot be listed',
  ]);
});
