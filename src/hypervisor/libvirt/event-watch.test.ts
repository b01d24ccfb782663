import { expect, test } from 'vitest';
import { EventWatch } from './event-watch.ts';

test('silence says nothing of what was before the stream came up', () => {
  const watch = new EventWatch();
  watch.prove(5);
  expect(watch.unbroken).toBe(false);
  expect(watch.up(10)).toBe('first');
  expect(watch.unbroken).toBe(false);
  watch.prove(9);
  expect(watch.unbroken).toBe(false);
  watch.prove(10);
  expect(watch.unbroken).toBe(true);
});

test('a gap ends it, until something proves again that it had not happened', () => {
  const watch = new EventWatch();
  watch.up(0);
  watch.prove(1);
  watch.down();
  expect([watch.isUp, watch.unbroken]).toEqual([false, false]);
  expect(watch.up(20)).toBe('back');
  expect([watch.isUp, watch.unbroken]).toEqual([true, false]);
  watch.prove(21);
  expect(watch.unbroken).toBe(true);
});
