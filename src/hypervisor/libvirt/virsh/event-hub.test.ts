import { expect, test, vi } from 'vitest';
import { EventHub } from './event-hub.ts';
import { fakeVirsh, lives, soon } from './testing/fake-virsh.ts';

const HOST = 'qemu:///fake';
const line = (name: string) =>
  `2001-11-22 23:02:05.320+0000: event 'lifecycle' for domain '${name}': Stopped Migrated`;

/** Tells of vm1 and vm2 once each, a moment after it was started. */
const tells = () => fakeVirsh(`sleep 0.5; echo "${line('vm1')}"; echo "${line('vm2')}"; exec sleep 60`);

function listener() {
  const told: string[] = [];
  return {
    told,
    event: ({ domain }: { domain: string }) => void told.push(domain),
    subscribed: () => void told.push('subscribed'),
    lost: () => void told.push('lost'),
  };
}

test('listeners share one virsh, which ends with the last of them', async () => {
  const virsh = tells();
  const hub = new EventHub();
  const [first, second] = [listener(), listener()];
  const stops = [hub.listen(HOST, first), hub.listen(HOST, second)];
  await soon(() => expect(first.told).toEqual(['subscribed', 'vm1', 'vm2']));
  expect(second.told).toEqual(first.told);
  expect(virsh.pids()).toHaveLength(1);

  stops[0]?.();
  stops[0]?.();
  expect(virsh.pids().map(lives)).toEqual([true]);
  stops[1]?.();
  await soon(() => expect(virsh.pids().map(lives)).toEqual([false]));
});

test('each host has its own', async () => {
  const virsh = tells();
  const hub = new EventHub();
  const stops = [hub.listen(HOST, listener()), hub.listen('qemu:///other', listener())];
  await soon(() => expect(virsh.pids()).toHaveLength(2));
  for (const stop of stops) stop();
});

test('one that comes late is told at once that the events arrive', async () => {
  tells();
  const hub = new EventHub();
  const [first, late, left] = [listener(), listener(), listener()];
  const stops = [hub.listen(HOST, first)];
  await soon(() => expect(first.told).toContain('subscribed'));
  stops.push(hub.listen(HOST, late));
  hub.listen(HOST, left)();
  await Promise.resolve();
  expect(late.told).toEqual(['subscribed']);
  expect(left.told).toEqual([]);
  for (const stop of stops) stop();
});

test('one that comes while the events are lost is told once they arrive again', async () => {
  fakeVirsh('[ "$(wc -l < "$starts")" -gt 1 ] && exec sleep 60; sleep 0.5; exit 1');
  const hub = new EventHub();
  const [first, late] = [listener(), listener()];
  const stops = [hub.listen(HOST, first)];
  await soon(() => expect(first.told).toEqual(['subscribed', 'lost']));
  stops.push(hub.listen(HOST, late));
  await Promise.resolve();
  expect(late.told).toEqual([]);
  await soon(() => expect(late.told).toEqual(['subscribed']));
  for (const stop of stops) stop();
});

test('of one domain only, with the beginnings and ends of the stream', async () => {
  tells();
  const hub = new EventHub();
  const all = listener();
  const one = listener();
  const quiet = vi.fn();
  const stops = [
    hub.listen(HOST, all),
    hub.listenTo(HOST, 'vm2', one),
    hub.listenTo(HOST, 'vm2', { event: quiet }),
  ];
  await soon(() => expect(all.told).toContain('vm2'));
  expect(one.told).toEqual(['subscribed', 'vm2']);
  expect(quiet).toHaveBeenCalledOnce();
  for (const stop of stops) stop();
});

test('a listener that leaves while it is told hears nothing more, and the others all', async () => {
  tells();
  const hub = new EventHub();
  const seen: string[] = [];
  const stopOne = hub.listen(HOST, {
    event: ({ domain }) => {
      seen.push(domain);
      stopOne();
    },
  });
  const other = listener();
  const stopOther = hub.listen(HOST, other);
  await soon(() => expect(other.told).toContain('vm2'));
  expect(seen).toEqual(['vm1']);
  stopOther();
});

test('after the last has left, the next opens another', async () => {
  const virsh = tells();
  const hub = new EventHub();
  hub.listen(HOST, listener())();
  const again = listener();
  const stop = hub.listen(HOST, again);
  await soon(() => expect(again.told).toEqual(['subscribed', 'vm1', 'vm2']));
  expect(virsh.pids().map(lives)).toContain(true);
  stop();
});
