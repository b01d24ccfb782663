import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { fakeVirsh, lives, soon, withoutVirsh } from './testing/fake-virsh.ts';
import { type TimedEvent, VirshEvents, type VirshEventsOptions } from './virsh-events.ts';

const STAMP = '2001-11-22 23:02:05.320+0000';
const line = (name: string) => `${STAMP}: event 'lifecycle' for domain '${name}': Stopped Migrated`;

let events: VirshEvents | undefined;
afterEach(() => events?.close());

/** What the listener was told, in order. */
function follow(options: VirshEventsOptions = {}) {
  const told: string[] = [];
  const seen: TimedEvent[] = [];
  events = new VirshEvents(
    'qemu:///fake',
    {
      event: (event) => {
        seen.push(event);
        told.push(`${event.kind} ${event.domain}`);
      },
      subscribed: () => told.push('subscribed'),
      lost: (reason) => told.push(`lost: ${reason}`),
    },
    options,
  );
  return { events, told, seen };
}

test('what virsh is asked', async () => {
  fakeVirsh('echo "error: $*" >&2; exit 1');
  const { told } = follow();
  await soon(() =>
    expect(told[0]).toBe(
      'lost: --quiet --connect qemu:///fake event --all --loop --timestamp --timeout=3600',
    ),
  );
});

test('lines may come in pieces, torn anywhere, also within a character', async () => {
  const [before, after] = line('ñandú').split('ñ');
  fakeVirsh(`printf "${before}\\303"; sleep 0.1; printf "\\261"; sleep 0.1; printf "${after}\\n${line('vm2')}\\n"
exec sleep 60`);
  const { told } = follow();
  await soon(() => expect(told).toEqual(['lifecycle ñandú', 'lifecycle vm2']));
});

describe('a completed job', () => {
  const job = `${STAMP}: event 'job-completed' for domain 'vm1':`;

  test('is told a moment after its last figure, although nothing follows', async () => {
    fakeVirsh(`printf "${job}\\n\\toperation: 5\\n\\tdowntime: 7\\n"; exec sleep 60`);
    const { seen } = follow();
    await soon(() => expect(seen).toMatchObject([{ kind: 'job-completed', job: { downtimeMs: 7 } }]));
  });

  test('is told also when virsh ends with it', async () => {
    fakeVirsh(`printf "${job}\\n\\tdowntime: 7\\n"`);
    const { seen } = follow();
    await soon(() => expect(seen).toMatchObject([{ kind: 'job-completed', job: { downtimeMs: 7 } }]));
  });
});

describe('the time of an event', () => {
  test('is when virsh printed it', async () => {
    fakeVirsh(`stamp=$(date -u '+%Y-%m-%d %H:%M:%S.%3N+0000'); sleep 0.3
echo "$stamp: event 'lifecycle' for domain 'vm1': Stopped Migrated"; exec sleep 60`);
    const { seen } = follow();
    await soon(() => expect(seen).toHaveLength(1));
    const ago = performance.now() - (seen[0]?.atMs ?? 0);
    expect(ago).toBeGreaterThan(290);
    expect(ago).toBeLessThan(4000);
  });

  test('is when it came, where the clocks do not agree', async () => {
    const beganMs = performance.now();
    fakeVirsh(`echo "${line('vm1')}"; exec sleep 60`);
    const { seen } = follow();
    await soon(() => expect(seen).toHaveLength(1));
    expect(seen[0]?.atMs).toBeGreaterThan(beganMs);
    expect(seen[0]?.atMs).toBeLessThanOrEqual(performance.now());
  });
});

test('another is started when it ends, and each beginning and end is told', async () => {
  const virsh = fakeVirsh(`echo "${line('vm1')}"; sleep 0.6
echo 'error: Disconnected from qemu:///fake due to end of file' >&2; exit 1`);
  const { told } = follow();
  const one = ['lifecycle vm1', 'subscribed', 'lost: Disconnected from qemu:///fake due to end of file'];
  await soon(() => expect(told).toEqual([...one, ...one]));
  expect(virsh.pids()).toHaveLength(2);
});

test('half a line of one that ended is not put before the next one’s first', async () => {
  fakeVirsh(`[ "$(wc -l < "$starts")" = 1 ] && { printf "${STAMP}: ev"; exit 1; }
echo "${line('vm1')}"; exec sleep 60`);
  const { told } = follow();
  await soon(() => expect(told).toEqual(['lost: virsh event was ended', 'lifecycle vm1']));
});

test('one that ends at once has not subscribed', async () => {
  fakeVirsh('exit 1');
  const { told } = follow();
  await soon(() => expect(told.length).toBeGreaterThanOrEqual(3));
  expect(told).not.toContain('subscribed');
});

// A host that is down takes seconds to fail: "No route to host" after 3 s.
test('one that ends without having connected has not subscribed, however long it tried', async () => {
  fakeVirsh('exec sleep 60', "sleep 0.6; echo 'error: failed to connect to the hypervisor' >&2; exit 1");
  const { told } = follow();
  await soon(() => expect(told).toContain('lost: failed to connect to the hypervisor'));
  expect(told).not.toContain('subscribed');
});

test('without virsh it is lost, and tried again', async () => {
  withoutVirsh();
  const { told } = follow();
  await soon(() => expect(told.length).toBeGreaterThanOrEqual(2));
  expect(told.every((each) => each.startsWith('lost: '))).toBe(true);
});

test('closing ends virsh, starts no other and tells nothing more', async () => {
  const virsh = fakeVirsh(`echo "${line('vm1')}"; exec sleep 60`);
  const { events, told } = follow();
  await soon(() => expect(told).toHaveLength(1));
  events.close();
  await soon(() => expect(virsh.pids().map(lives)).toEqual([false]));
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(virsh.pids()).toHaveLength(1);
  expect(told).toHaveLength(1);
});

test('closing while the next one is waited for', async () => {
  const virsh = fakeVirsh('exit 1');
  const { events, told } = follow();
  await soon(() => expect(told).toHaveLength(1));
  events.close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(virsh.pids()).toHaveLength(1);
});

describe('the renewal of one whose life ends', () => {
  test('loses no event, tells none twice, and is no loss', async () => {
    // One every 0.1 s, by its number. As real ones do, each virsh prints all that come after it has subscribed.
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-events-'));
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    const log = path.join(folder, 'events');
    fs.writeFileSync(log, '');
    let count = 0;
    const happening = setInterval(() => fs.appendFileSync(log, `${line(`vm${++count}`)}\n`), 100);
    onTestFinished(() => clearInterval(happening));
    const virsh = fakeVirsh(`exec tail -n 0 -s 0.02 -f ${log}`);
    const { events, told, seen } = follow({ lifeSeconds: 2, renewedBeforeSeconds: 1 });
    await soon(() => expect(virsh.pids()).toHaveLength(2));
    await soon(() => expect(virsh.pids().map(lives)).toEqual([false, true]));
    const before = seen.length;
    await soon(() => expect(seen.length).toBeGreaterThan(before + 2));
    events.close();
    expect(told.filter((each) => !each.startsWith('lifecycle'))).toEqual(['subscribed']);
    const numbers = seen.map(({ domain }) => Number(domain.slice(2)));
    const first = numbers[0] ?? 0;
    // On a busy machine it may subscribe late; what was printed comes once, and in order.
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers);
    expect(numbers.length).toBeGreaterThan(0.7 * ((numbers.at(-1) ?? 0) - first));
  });

  test('one whose successor does not come to live goes on to its end, which is told', async () => {
    const virsh = fakeVirsh('[ "$(wc -l < "$starts")" = 2 ] && exit 1; exec sleep 3');
    const { told } = follow({ lifeSeconds: 1.5, renewedBeforeSeconds: 1 });
    await soon(() => expect(virsh.pids().length).toBeGreaterThanOrEqual(2));
    expect(told.filter((each) => each.startsWith('lost'))).toEqual([]);
    await soon(() => expect(told).toEqual(['subscribed', 'lost: virsh event was ended']));
  });
});
