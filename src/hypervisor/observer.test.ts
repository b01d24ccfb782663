import { expect, test } from 'vitest';
import type { MigrationEnd, MigrationEvent } from './hypervisor.ts';
import { Observer, type Sample } from './observer.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

const MB = 1e6;
const EVERY_MS = 250;

/** A pass, what was sent and what is left, in megabytes. */
function sample(pass: number, sentMB: number, remainingMB: number): Sample {
  const figures = {
    pass,
    sentBytes: sentMB * MB,
    remainingBytes: remainingMB * MB,
    totalBytes: 512 * MB,
  };
  return { figures, throttlePercent: 0 };
}

function observe({ announces = true, fromStart = false } = {}) {
  const clock = new VirtualClock(1000);
  const script = { answer: async (): Promise<Sample> => sample(1, 0, 512), announces };
  const observer = new Observer({
    clock,
    zeroMs: 1000,
    sample: () => script.answer(),
    everyMs: () => EVERY_MS,
    announces: () => script.announces,
    fromStart,
  });
  const seen: MigrationEvent[] = [];
  void (async () => {
    for await (const event of observer.events) seen.push(event);
  })();
  const boundaries = () => seen.flatMap((event) => (event.kind === 'boundary' ? [event] : []));
  return { clock, script, observer, seen, boundaries };
}

test('each look is a tick, at the pace that was asked for', async () => {
  const { clock, seen } = observe();
  await clock.pass(1000);
  expect(seen.map(({ kind, atMs }) => [kind, atMs])).toEqual([
    ['tick', 250],
    ['tick', 500],
    ['tick', 750],
    ['tick', 1000],
  ]);
});

test('an announced boundary is what the sync found: what was sent until the answer came is added', async () => {
  const { clock, script, observer, boundaries } = observe();
  script.answer = async () => sample(1, (clock.now() - 1000) * 0.1, 400);
  await clock.pass(500);
  script.answer = async () => {
    await clock.sleep(100);
    return sample(2, 60, 120);
  };
  observer.announced(2, observer.now());
  await clock.pass(100);
  // 100 ms at 100 MB/s were sent, of which the answer knows.
  expect(boundaries()).toMatchObject([{ pass: 2, atMs: 500, remainingBytes: 130 * MB }]);
});

// A frozen controller hears of a sync long after it: what it reads then is no figure of that instant.
test('what was sent until the answer came is no part of the pass that ended', async () => {
  const { clock, script, observer, boundaries } = observe();
  const sentMB = () => (clock.now() - 1000) * 0.1;
  script.answer = async () => sample(1, sentMB(), 400);
  await clock.pass(500);
  await clock.freeze(4000);
  script.answer = async () => sample(2, sentMB(), 120);
  observer.announced(2, observer.now() - 1000);
  await clock.pass(1);
  script.answer = async () => sample(3, sentMB(), 100);
  observer.announced(3, observer.now());
  await clock.pass(1);
  const [first, second] = boundaries();
  expect(first?.atMs).toBe(3500);
  expect(Math.round((first?.sentBytes ?? 0) / MB)).toBe(350);
  const rate = ((second?.sentBytes ?? 0) - (first?.sentBytes ?? 0)) / ((second?.atMs ?? 0) - 3500);
  expect(rate / MB).toBeCloseTo(0.1, 3);
});

test('bytes are whole, whatever rate they were counted back with', async () => {
  const { clock, script, observer, boundaries } = observe();
  const answer = (pass: number) => async (): Promise<Sample> => {
    const { figures, throttlePercent } = sample(pass, 0, 400);
    const sentBytes = Math.floor(((clock.now() - 1000) * MB) / 7);
    return {
      figures: figures && { ...figures, sentBytes, carriedBytes: sentBytes * 3 + 1 },
      throttlePercent,
    };
  };
  script.answer = answer(1);
  await clock.pass(500);
  script.answer = answer(2);
  await clock.pass(13);
  observer.announced(2, observer.now() - 7.3);
  await clock.pass(1);
  const [{ sentBytes, carriedBytes, remainingBytes } = {}] = boundaries();
  expect([sentBytes, carriedBytes, remainingBytes].map(Number.isSafeInteger)).toEqual([true, true, true]);
});

test('of compressed pages what was carried, and what that was on the wire', async () => {
  const { clock, script, observer, boundaries } = observe();
  const answer = (pass: number) => async (): Promise<Sample> => {
    const { figures, throttlePercent } = sample(pass, (clock.now() - 1000) * 0.1, 400);
    return { figures: figures && { ...figures, carriedBytes: 3 * figures.sentBytes }, throttlePercent };
  };
  script.answer = answer(1);
  await clock.pass(500);
  await clock.freeze(4000);
  script.answer = answer(2);
  observer.announced(2, observer.now() - 1000);
  await clock.pass(1);
  const [{ sentBytes = 0, carriedBytes = 0 } = {}] = boundaries();
  expect([sentBytes, carriedBytes].map((bytes) => Math.round(bytes / MB))).toEqual([350, 1050]);
});

test('no more is added than was sent since the look before', async () => {
  const { clock, script, observer, boundaries } = observe();
  script.answer = async () => sample(1, (clock.now() - 1000) * 0.1, 400);
  await clock.pass(500);
  script.answer = async () => {
    await clock.sleep(240);
    return sample(2, 53, 120);
  };
  observer.announced(2, observer.now());
  await clock.pass(240);
  expect(boundaries()[0]?.remainingBytes).toBe(123 * MB);
});

test('the first boundary waits for figures', async () => {
  const { clock, script, observer, boundaries } = observe();
  script.answer = async () => ({ figures: undefined, throttlePercent: 0 });
  observer.announced(1, 0);
  await clock.pass(10);
  expect(boundaries()).toEqual([]);
  script.answer = async () => sample(1, 0, 512);
  await clock.pass(10);
  expect(boundaries()).toHaveLength(1);
});

test('a boundary that no event announced is found by the next look, and told once', async () => {
  const { clock, script, boundaries } = observe();
  await clock.pass(250);
  script.answer = async () => sample(2, 10, 100);
  await clock.pass(250);
  expect(boundaries()).toEqual([]); // The event may be on its way.
  script.answer = async () => sample(2, 20, 90);
  await clock.pass(500);
  expect(boundaries()).toMatchObject([{ pass: 2, atMs: 750, remainingBytes: 110 * MB }]);
});

test('without events a boundary is found at once', async () => {
  const { clock, script, boundaries } = observe({ announces: false });
  await clock.pass(250);
  script.answer = async () => sample(2, 10, 100);
  await clock.pass(250);
  expect(boundaries()).toMatchObject([{ pass: 2, atMs: 500, remainingBytes: 110 * MB }]);
});

test('a migration that we come upon in the middle of a pass has no boundary there', async () => {
  const { clock, script, boundaries } = observe({ announces: false });
  script.answer = async () => sample(7, 100, 20);
  await clock.pass(1000);
  expect(boundaries()).toEqual([]);
  script.answer = async () => sample(8, 110, 90);
  await clock.pass(250);
  expect(boundaries()).toMatchObject([{ pass: 8 }]);
});

// QEMU's count of whole pages is told of compressed ones only: it may be there in one look, and not in the next.
test('a pass that is found by its number leaves no less than what was seen then, however its bytes are counted', async () => {
  const { clock, script, boundaries } = observe({ announces: false });
  const { figures, throttlePercent } = sample(1, 10, 400);
  script.answer = async () => ({
    figures: figures && { ...figures, carriedBytes: 100 * MB },
    throttlePercent,
  });
  await clock.pass(500);
  script.answer = async () => sample(2, 20, 120);
  await clock.pass(250);
  expect(boundaries()).toMatchObject([{ pass: 2, remainingBytes: 120 * MB }]);
});

// Under TCG a first sync may wait for its vCPU for half a second, and is counted before it is announced.
test('one that began here has its first pass, also where that is seen long before it is announced', async () => {
  const { clock, observer, boundaries } = observe({ fromStart: true });
  await clock.pass(1000);
  observer.announced(1, clock.now() - 1000);
  await clock.pass(250);
  expect(boundaries()).toMatchObject([{ pass: 1 }]);
});

test('a pass that began while nothing answered is no boundary', async () => {
  const { clock, script, boundaries } = observe();
  await clock.pass(500);
  script.answer = () => Promise.reject(new Error('lost'));
  await clock.pass(5000);
  script.answer = async () => sample(5, 400, 20);
  await clock.pass(1000);
  expect(boundaries()).toEqual([]);
});

test('an answer that an even later sync has overtaken is not told for the earlier one', async () => {
  const { clock, script, observer, boundaries } = observe();
  script.answer = async () => sample(3, 10, 100);
  observer.announced(2, 0);
  observer.announced(3, 1);
  await clock.pass(100);
  expect(boundaries()).toMatchObject([{ pass: 3 }]);
});

test('passes that are shorter than the way there and back are told all the same, each once', async () => {
  const { clock, script, observer, boundaries } = observe();
  await clock.pass(200);
  let pass = 1;
  // The way back takes longer than a pass.
  script.answer = async () => {
    const there = sample(pass, observer.now() * 0.1, 100);
    await clock.sleep(240);
    return there;
  };
  for (pass = 2; pass <= 10; pass += 1) {
    observer.announced(pass, observer.now());
    await clock.pass(150);
  }
  await clock.pass(1000);
  const told = boundaries().map((each) => each.pass);
  expect(told.length).toBeGreaterThanOrEqual(7);
  expect(told).toEqual([...new Set(told)]);
});

test('while the guest is stopped there are no boundaries; held by somebody else there are', async () => {
  const { clock, observer, boundaries, script } = observe();
  observer.stopped(0);
  observer.announced(2, 1);
  await clock.pass(500);
  expect(boundaries()).toEqual([]);
  observer.held(500, 'an operator');
  script.answer = async () => sample(3, 10, 100);
  observer.announced(3, 501);
  await clock.pass(10);
  expect(boundaries()).toMatchObject([{ pass: 3 }]);
});

test('time goes on in silence while no answer comes', async () => {
  const { clock, script, seen } = observe();
  script.answer = async () => await new Promise<Sample>(() => {});
  await clock.pass(1000);
  expect(seen.map(({ kind }) => kind)).toEqual(['silence', 'silence', 'silence']);
});

test('a frozen controller says so, and what happened meanwhile has no certain instant', async () => {
  const { clock, observer, seen } = observe();
  await clock.pass(500);
  await clock.freeze(20_000);
  observer.stopped(observer.now());
  observer.resumed('destination', observer.now());
  await clock.pass(1);
  expect(seen.find(({ kind }) => kind === 'gap')).toMatchObject({ forMs: 20_000 });
  expect(seen.find(({ kind }) => kind === 'stopped')).toMatchObject({ unseenMs: 20_000 });
  expect(seen.find(({ kind }) => kind === 'resumed')).toMatchObject({ unseenMs: 20_000 });
  await clock.pass(1000);
  observer.stopped(observer.now());
  await clock.pass(0);
  expect(seen.filter(({ kind }) => kind === 'stopped').at(-1)).not.toHaveProperty('unseenMs');
});

test('so it does while the end is found out, when it looks no more', async () => {
  const { clock, observer, seen } = observe();
  observer.stopped(0);
  observer.stopLooking();
  await clock.pass(5000);
  await clock.freeze(20_000);
  observer.resumed('destination', observer.now());
  await clock.pass(1);
  expect(seen.filter(({ kind }) => kind === 'gap')).toMatchObject([{ forMs: 20_000 }]);
  expect(seen.find(({ kind }) => kind === 'resumed')).toMatchObject({ unseenMs: 20_000 });
  observer.end(END);
  await clock.pass(0);
  expect(clock.nextMs).toBeUndefined();
});

test('the event that is read first after a freeze tells of the gap before itself', async () => {
  const { clock, observer, seen } = observe();
  await clock.pass(500);
  void clock.freeze(20_000);
  observer.stopped(observer.now());
  await clock.pass(1);
  expect(seen.slice(-3).map(({ kind }) => kind)).toContain('gap');
  expect(seen.findIndex(({ kind }) => kind === 'gap')).toBeLessThan(
    seen.findIndex(({ kind }) => kind === 'stopped'),
  );
});

test('after the last look events still count, until the end', async () => {
  const { clock, observer, seen, script } = observe();
  let looks = 0;
  script.answer = async () => {
    looks += 1;
    return sample(1, 0, 512);
  };
  expect(observer.stopLooking()).toBe(true);
  expect(observer.stopLooking()).toBe(false);
  observer.announced(2, 0);
  observer.resumed('destination', 5);
  await clock.pass(1000);
  expect(looks).toBe(0);
  expect(seen).toEqual([{ kind: 'resumed', atMs: 5, side: 'destination' }]);
  expect(observer.destinationRan).toBe(true);
  observer.end(END);
  observer.end({ ...END, result: 'lost' });
  observer.stopped(6);
  await clock.pass(0);
  expect(seen).toHaveLength(1);
  expect(await observer.ended).toBe(END);
});

const END: MigrationEnd = {
  atMs: 10,
  result: 'completed',
  error: undefined,
  whereabouts: { source: 'handed-over', destination: 'running' },
  destinationEverRan: true,
  sourceEverStopped: true,
  destinationWaits: true,
  postCopyBegan: false,
  heldBy: undefined,
  guestEnded: undefined,
  sentBytes: undefined,
  reportedDowntimeMs: undefined,
};
