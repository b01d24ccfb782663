import { describe, expect, test } from 'vitest';
import type { OwnSettings } from '../fleet/drain-settings.ts';
import {
  type CheckReport,
  type GuestFacts,
  type Hypervisor,
  RefusedError,
} from '../hypervisor/hypervisor.ts';
import { largestIn } from '../hypervisor/libvirt/host-look.ts';
import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { type DrainParts, type DrainWish, planDrainOf } from './plan-drain.ts';

const GIB = 2 ** 30;

const WISH: DrainWish = {
  host: 'qemu+ssh://host1/system',
  to: [
    { uri: 'qemu+ssh://host2/system', migrateUri: undefined },
    { uri: 'qemu+ssh://host3/system', migrateUri: 'tcp://10.0.0.3' },
  ],
  ...{ order: 'hardest-first', atATime: 2, reserveBytes: undefined, deadlineInMs: () => 3_600_000 },
  ...{ apart: [], force: false, probesMs: [1000] },
};

function guestOf(name: string, given: Partial<GuestFacts> = {}): GuestFacts {
  return {
    ...{
      vm: `${WISH.host}#${name}`,
      name,
      uuid: name,
      hypervisor: 'QEMU',
      accelerator: 'kvm',
      machineType: 'pc',
    },
    ...{
      memoryBytes: 4 * GIB,
      vcpus: 2,
      state: 'running',
      migrating: false,
      mark: undefined,
      losesWrites: undefined,
    },
    ...given,
  };
}

interface Fleet {
  readonly guests: readonly GuestFacts[];
  readonly namespaces?: Readonly<Record<string, readonly string[]>>;
  /** By name: how fast it writes, in bytes per second. */
  readonly writes?: Readonly<Record<string, number>>;
  readonly check?: (name: string, destination: string) => RefusedError[];
  readonly lineRate?: number | undefined;
  readonly unreachable?: string;
  /** By name. */
  readonly own?: Readonly<Record<string, Partial<OwnSettings & { readonly noticeMs: number }>>>;
}

/** @returns the parts, and what was asked of the hypervisor in order */
function partsFor(fleet: Fleet): DrainParts & { readonly asked: string[] } {
  const asked: string[] = [];
  const nameOf = (vm: string) => vm.slice(vm.indexOf('#') + 1);
  const hypervisor = {
    check: async (vm: string, { vm: to }: { vm: string }): Promise<CheckReport> => {
      asked.push(`check ${nameOf(vm)} to ${to}`);
      return { guest: guestOf(nameOf(vm)), findings: fleet.check?.(nameOf(vm), to) ?? [], notes: [] };
    },
    probeDirtyRate: async (vm: string, durationMs: number) => {
      asked.push(`probe ${nameOf(vm)}`);
      return { durationMs, dirtyRateBytesPerSecond: fleet.writes?.[nameOf(vm)] ?? 2 ** 20 };
    },
    residentBytes: async ({ memoryBytes }: GuestFacts) => memoryBytes / 2,
  } as unknown as Hypervisor;
  return {
    ...{ asked, hypervisor },
    store: { list: async () => [] } as unknown as DrainParts['store'],
    lookAtHost: async (uri) => {
      if (uri === fleet.unreachable) throw new RefusedError('unreachable', `${uri} cannot be reached`);
      const active = uri === WISH.host ? fleet.guests.map(({ name }) => name) : ['there'];
      return { active, shutOff: 1, freeBytes: 64 * GIB, largestBytes: GIB };
    },
    lookUp: async (vm) => {
      const name = nameOf(vm);
      const facts = fleet.guests.find((each) => each.name === name) ?? guestOf(name);
      return { facts, metadata: undefined, metadataNamespaces: fleet.namespaces?.[name] ?? [] };
    },
    settingsOf: ({ name }) => ({
      ...{ maintenance: 'move', apart: [], priority: 0, noticeMs: 0 },
      ...fleet.own?.[name],
      kind: choosePolicy('forecast'),
      limits: { ...DEFAULT_LIMITS, lineRateBytesPerSecond: 'lineRate' in fleet ? fleet.lineRate : 1.25e9 },
    }),
    say: () => {},
  };
}

describe('a host is planned', () => {
  test('with the time that a guest has its notice', async () => {
    const parts = partsFor({
      guests: [guestOf('idle'), guestOf('told')],
      own: { told: { noticeMs: 60_000 } },
    });
    const { plan } = await planDrainOf(WISH, parts);
    const noticeOf = new Map(plan.moves.map(({ vm }) => [vm.name, vm.forecast?.noticeMs]));
    expect(Object.fromEntries(noticeOf)).toEqual({ idle: undefined, told: 60_000 });
  });

  test('with its VMs placed by what the hosts and the probes say, one probe at a time', async () => {
    const parts = partsFor({ guests: [guestOf('idle'), guestOf('loop')], writes: { loop: 2e9 } });
    const { plan, shutOff } = await planDrainOf(WISH, parts);
    expect(plan).toMatchObject({ verdict: 'all-leave', deadline: { verdict: 'holds' } });
    expect(plan.moves.map(({ vm, memoryIntensive }) => [vm.name, memoryIntensive])).toEqual([
      ['loop', true],
      ['idle', false],
    ]);
    expect(shutOff).toBe(1);
    const of = (name: string) => [
      `check ${name} to qemu+ssh://host2/system#${name}`,
      `check ${name} to qemu+ssh://host3/system#${name}`,
      `probe ${name}`,
    ];
    expect(parts.asked).toEqual([...of('idle'), ...of('loop')]);
    // A calm one has bounds beside another, a memory-intensive one has its link alone.
    expect(plan.moves.map(({ vm }) => vm.forecast?.besideOthers.length)).toEqual([1, 2]);
  });

  test('one VM at a time: which are memory-intensive is told all the same', async () => {
    const parts = partsFor({ guests: [guestOf('idle'), guestOf('loop')], writes: { loop: 2e9 } });
    const { plan } = await planDrainOf({ ...WISH, atATime: 1 }, parts);
    expect(plan.moves.map(({ vm, memoryIntensive, among }) => [vm.name, memoryIntensive, among])).toEqual([
      ['loop', true, 1],
      ['idle', false, 1],
    ]);
  });

  test('with those who cannot leave, and nothing asked of them that does not help', async () => {
    const parts = partsFor({
      guests: [
        guestOf('nova'),
        guestOf('moving', { migrating: true }),
        guestOf('disk'),
        guestOf('large', { memoryBytes: 63.5 * GIB }),
        guestOf('hot', { memoryBytes: 32 * GIB }),
      ],
      namespaces: { nova: ['http://openstack.org/xmlns/libvirt/nova/1.1'] },
      check: (name, to) =>
        name === 'disk' ? [new RefusedError('not-shared', `its disk is not on ${to}: copy it`)] : [],
      writes: { hot: 60e9 },
    });
    const { plan } = await planDrainOf(WISH, parts);
    expect(plan.held.map(({ vm, kind }) => [vm.name, kind])).toEqual([
      ['nova', 'permanent'],
      ['moving', 'transient'],
      ['disk', 'permanent'],
      ['large', 'capacity'],
      ['hot', 'no-pause-fits'],
    ]);
    const [nova, , disk, large, hot] = plan.held;
    expect(nova?.reasons[0]?.words).toMatch(/^OpenStack Nova manages it/);
    expect(disk?.refused).toHaveLength(2);
    expect(large?.refused[0]?.reasons[0]?.words).toMatch(/kept in reserve$/);
    expect(hot?.reasons[0]).toMatchObject({
      words: expect.stringMatching(/^no pause within --max-downtime 5 s is possible/),
      remedy: expect.stringMatching(/^with .* it is \(/),
    });
    expect(parts.asked.filter((each) => /nova|moving|probe disk/.test(each))).toEqual([]);
  });

  test('without a link that is known: who goes where, and why there are no times', async () => {
    const { plan, unknown } = await planDrainOf(
      WISH,
      partsFor({ guests: [guestOf('idle')], lineRate: undefined }),
    );
    expect(plan).toMatchObject({ verdict: 'not-known', moves: [{ times: undefined }] });
    expect([...unknown.values()]).toEqual([
      'nothing is known of the link: state its rate, like --line-rate 10gbit',
    ]);
  });

  test('with the windows that were asked for, and refused at once where none will open any more', async () => {
    const parts = partsFor({ guests: [guestOf('idle')] });
    const now = new Date();
    const threeHoursOn = new Date(now.getTime() + 3 * 3_600_000).getHours();
    const windows = [`${threeHoursOn}:00-${(threeHoursOn + 1) % 24}:00`];
    const { plan, madeMs, ...planned } = await planDrainOf({ ...WISH, windows }, parts);
    expect(planned.windows).toEqual(windows);
    expect(new Date(madeMs + (plan.openings[0]?.opensMs ?? 0)).getHours()).toBe(threeHoursOn);
    expect(plan.moves[0]?.times?.startMs.middle).toBe(plan.openings[0]?.opensMs);
    // The deadline is an hour from now.
    expect(plan).toMatchObject({ verdict: 'too-late', deadline: { verdict: 'missed' } });
    const none = partsFor({ guests: [guestOf('idle')] });
    await expect(
      planDrainOf({ ...WISH, windows: ['FREQ=DAILY;UNTIL=20200101T000000Z for 1h'] }, none),
    ).rejects.toThrow(/there will be no such time any more/);
    expect(none.asked).toEqual([]);
  });

  test('with a destination out of reach, which is named, and VMs kept apart from those that run there', async () => {
    const parts = partsFor({ guests: [guestOf('db1')], unreachable: 'qemu+ssh://host2/system' });
    const { plan, unreachable } = await planDrainOf({ ...WISH, apart: [['db1', 'there']] }, parts);
    expect([...unreachable.keys()]).toEqual(['qemu+ssh://host2/system']);
    expect(plan.held).toEqual([]);
    expect(plan.moves[0]?.refused).toMatchObject([
      { destination: 'qemu+ssh://host3/system', reasons: [{ code: 'kept-apart' }] },
    ]);
  });
});

test("a VM's own word is heard: who stays, who is asked about, who is shut down, and who goes first", async () => {
  const parts = partsFor({
    guests: ['stay', 'ask', 'off', 'back', 'late', 'first'].map((name) => guestOf(name)),
    namespaces: { off: [] },
    own: {
      stay: { maintenance: 'leave' },
      ask: { maintenance: 'ask' },
      off: { maintenance: 'shutdown' },
      back: { maintenance: 'shutdown-and-return', priority: 5 },
      first: { priority: 10, apart: ['db'] },
      there: { apart: ['db'] },
    },
  });
  const { plan } = await planDrainOf(WISH, parts);
  expect(plan.verdict).toBe('some-stay');
  expect(plan.held.map(({ vm, kind, reasons }) => [vm.name, kind, reasons[0]?.code])).toEqual([
    ['stay', 'permanent', 'own-word'],
    ['ask', 'permanent', 'asks-first'],
    // A VM of its group runs on both destinations.
    ['first', 'capacity', undefined],
  ]);
  expect(plan.stopped.map(({ name }) => name)).toEqual(['back', 'off']);
  expect(plan.moves.map(({ vm }) => vm.name)).toEqual(['late']);
  expect(parts.asked.filter((each) => /stay|ask|off|back/.test(each))).toEqual([]);
});

test('the largest domain of a host is read from its balloons', () => {
  const stats =
    "Domain: 'a'\n  balloon.current=1048576\n  balloon.maximum=2097152\nDomain: 'b'\n  balloon.maximum=524288\n";
  expect(largestIn(stats)).toBe(2 * GIB);
  expect(largestIn('')).toBe(0);
});
