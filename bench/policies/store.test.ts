import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { fingerprint, Store } from './store.ts';

const store = new Store<{ value: number }>(`test-${randomUUID()}`);
afterEach(() => rmSync(store.folder, { recursive: true, force: true }));

test('what was saved is there for the next start, once, until it is cleared', () => {
  store.clear();
  store.save('loop/mp/1', { value: 1 });
  store.save('loop/forecast=/1', { value: 2 });
  store.save('loop/mp/1', { value: 3 });
  store.keepJournal('loop/mp/1', '{}\n');
  expect(new Store(store.folder.split('/').at(-1) ?? '').all()).toEqual([{ value: 2 }, { value: 3 }]);
  store.clear();
  expect(store.all()).toEqual([]);
});

test('runs with other parameters are kept apart', () => {
  expect(fingerprint({ repeats: 5 })).toBe(fingerprint({ repeats: 5 }));
  expect(fingerprint({ repeats: 5 })).not.toBe(fingerprint({ repeats: 2 }));
});
