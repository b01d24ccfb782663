import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { giveBackOnceStarted } from './give-back-memory.ts';

test('what is not needed any more is given back once it is started and nobody waits', async () => {
  let needed: object | undefined = { text: 'x'.repeat(1000) };
  const kept = new WeakRef(needed);
  giveBackOnceStarted(() => true, 10);
  needed = undefined;
  await sleep(200);
  expect([needed, kept.deref()]).toEqual([undefined, undefined]);
});
