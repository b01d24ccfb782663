import { expect, test } from 'vitest';
import type { Migrations } from './migrations.ts';
import { waitFor } from './wait-for.ts';

test('one who goes while it is looked up is not waited for', async () => {
  const gone = new AbortController();
  const subscribed = new Set<unknown>();
  const followed = {
    get: async () => {
      gone.abort();
      return { writer: 1 };
    },
    live: {
      get: () => ({ writer: 1 }),
      subscribe: (listener: unknown) => {
        subscribed.add(listener);
        return () => subscribed.delete(listener);
      },
    },
  } as unknown as Migrations;
  const sinceMs = performance.now();
  await waitFor(followed, 'm1', 30_000, gone.signal);
  expect(performance.now() - sinceMs).toBeLessThan(15_000);
  expect(subscribed.size).toBe(0);
});
