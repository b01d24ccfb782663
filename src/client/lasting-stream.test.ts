import { beforeEach, describe, expect, test } from 'vitest';
import { LastingStream, type Link } from './lasting-stream.ts';
import type { ServerEvent } from './sse.ts';

/** What each try to open does: sends text and then breaks, stays silent, fails, or refuses. */
type Try = { readonly sends: string; readonly silent?: boolean } | 'fails' | 'refuses';

let now: number;
let links: Link[];
let events: ServerEvent[];
let asked: (string | undefined)[];
beforeEach(() => {
  [now, links, events, asked] = [1000, [], [], []];
});

/** Time goes only where something waits for it: a sleep ends at once, but for that of a stream that speaks. */
function streamOf(...tries: Try[]): LastingStream {
  const stream: LastingStream = new LastingStream({
    open: async (after, signal) => {
      asked.push(after);
      const next = tries.shift();
      if (next === undefined || next === 'refuses') return undefined;
      if (next === 'fails') throw new TypeError('no answer');
      return new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(next.sends));
          if (!next.silent) controller.close();
          signal.addEventListener('abort', () => {
            if (next.silent) controller.error(new Error('aborted'));
          });
        },
      });
    },
    take: (event) => events.push(event),
    linkIs: (link) => links.push(link),
    now: () => now,
    sleep: async (ms, signal) => {
      // The watch over silence is the only wait that is longer than any between two tries.
      if (ms > 20_000) await new Promise((resolve) => setTimeout(resolve, 20));
      if (!signal.aborted) now += ms > 20_000 ? 0 : ms;
    },
  });
  return stream;
}

const states = () => links.map(({ state }) => state);

test('it goes on after the last event that it got', async () => {
  await streamOf({ sends: 'id: 7\ndata: a\n\n' }, { sends: 'id: 8\ndata: b\n\n' }, 'refuses').run();
  expect(events.map(({ data }) => data)).toEqual(['a', 'b']);
  expect(asked).toEqual([undefined, '7', '8']);
  expect(states()).toEqual(['connecting', 'live', 'lost', 'live', 'lost', 'over']);
});

test('it tries again after longer and longer, tells since when, and begins anew once it was back', async () => {
  await streamOf(
    { sends: 'data: a\n\n' },
    'fails',
    'fails',
    'fails',
    { sends: 'data: b\n\n' },
    'refuses',
  ).run();
  const lost = links.filter((link) => link.state === 'lost');
  expect(lost.map(({ sinceMs }) => sinceMs)).toEqual([1000, 1000, 1000, 1000, 8500]);
  const waits = lost.map(({ nextTryAtMs }, index) => nextTryAtMs - (lost[index - 1]?.nextTryAtMs ?? 1000));
  expect(waits).toEqual([500, 1000, 2000, 4000, 500]);
});

test('never longer than 15 s', async () => {
  await streamOf(...Array.from({ length: 12 }, (): Try => 'fails'), 'refuses').run();
  const tries = links.filter((link) => link.state === 'lost').map(({ nextTryAtMs }) => nextTryAtMs);
  expect((tries.at(-1) ?? 0) - (tries.at(-2) ?? 0)).toBe(15_000);
});

test('the server may end it for good', async () => {
  await streamOf({ sends: 'data: a\n\nevent: end\ndata:\n\ndata: never\n\n' }, 'fails').run();
  expect(events.map(({ data }) => data)).toEqual(['a']);
  expect(states()).toEqual(['connecting', 'live', 'over']);
});

describe('a connection that says nothing', () => {
  test('is given up', async () => {
    await streamOf({ sends: 'data: a\n\n', silent: true }, 'refuses').run();
    expect(states()).toEqual(['connecting', 'live', 'lost', 'over']);
  });

  test('that is closed is over', async () => {
    const stream = streamOf({ sends: 'data: a\n\n', silent: true }, 'fails');
    const run = stream.run();
    stream.close();
    await run;
    expect(states().at(-1)).toBe('over');
    expect(asked).toHaveLength(1);
  });
});
