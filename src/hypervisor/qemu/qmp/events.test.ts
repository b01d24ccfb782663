import { expect, test, vi } from 'vitest';
import { createListener, type QmpEvent } from './events.ts';

const event = (name: string): QmpEvent => ({ name, data: {}, timestampMs: 0, receivedMs: 0 });

async function names(listener: AsyncIterable<QmpEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { name } of listener) seen.push(name);
  return seen;
}

test('events come in order, whether queued before or awaited', async () => {
  const { listener, push } = createListener(() => {});
  push(event('A'));
  push(event('B'));
  const read = [listener.next(), listener.next(), listener.next(), listener.next()];
  push(event('C'));
  push(event('D'));
  const results = await Promise.all(read);
  expect(results.map(({ value }) => value?.name)).toEqual(['A', 'B', 'C', 'D']);
});

test('the end lets the queue be read first', async () => {
  const { listener, push, end } = createListener(() => {});
  push(event('A'));
  end();
  push(event('after the end'));
  expect(await names(listener)).toEqual(['A']);
});

test('the end releases the readers that wait', async () => {
  const { listener, end } = createListener(() => {});
  const read = Promise.all([listener.next(), listener.next()]);
  end();
  expect(await read).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test('close forgets the queue, releases the readers and calls back once', async () => {
  const onClose = vi.fn();
  const { listener, push } = createListener(onClose);
  push(event('A'));
  listener.close();
  listener.close();
  expect(await names(listener)).toEqual([]);
  expect(onClose).toHaveBeenCalledTimes(1);
});

test('close after the end forgets the queue too, and does not call back', async () => {
  const onClose = vi.fn();
  const { listener, push, end } = createListener(onClose);
  push(event('A'));
  end();
  listener.close();
  expect(await names(listener)).toEqual([]);
  expect(onClose).not.toHaveBeenCalled();
});

test('leaving a loop does not close: the next loop goes on', async () => {
  const onClose = vi.fn();
  const { listener, push, end } = createListener(onClose);
  for (const name of ['A', 'STOP', 'B']) push(event(name));
  for await (const { name } of listener) if (name === 'STOP') break;
  expect(onClose).not.toHaveBeenCalled();
  end();
  expect(await names(listener)).toEqual(['B']);
});

test('`using` closes', () => {
  const onClose = vi.fn();
  {
    using _listener = createListener(onClose).listener;
  }
  expect(onClose).toHaveBeenCalledTimes(1);
});
