/**
 * One side, on real libvirt hosts: a libvirtd of either side ends, hangs or is restarted in each phase of a migration,
 * its events are lost, an operator suspends the guest. Who runs the guest is asked of both libvirts by connections
 * of the test's own, and of the guest itself by its serial line on both hosts: at no time two answer, and after the
 * end, or after the hand that the outcome names, exactly one does. One list of faults on one bed, hence a little over 300
 * lines.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import type { LibvirtHost } from '../lab/libvirt/libvirt-host.ts';
import { domainAddress } from '../src/hypervisor/libvirt/address.ts';
import { LibvirtHypervisor } from '../src/hypervisor/libvirt/libvirt-hypervisor.ts';
import type { Happening } from '../src/journal/journal-entry.ts';
import type { Outcome } from '../src/migration/outcome.ts';
import { Supervisor } from '../src/migration/supervisor.ts';
import { DEFAULT_LIMITS, type PolicyKind } from '../src/policy/policy.ts';
import { early } from './testing/early-policy.ts';

/** Switches over at the first boundary: the guest then stands still for some 2.3 s. */
const EARLY = early(20_000);
/** Never does. */
const NEVER: PolicyKind = {
  name: 'never',
  summary: 'copies on',
  begin: () => ({ initialDowntimeLimitMs: 1, observe: () => ({ action: 'continue', reason: 'never' }) }),
};
const LIMITS = { ...DEFAULT_LIMITS, maxDowntimeMs: 60_000, stallTimeoutMs: 120_000 };
/** Short, so that a libvirtd that stays away ends a test. */
const RECONNECT_FOR_MS = 25_000;

let bed: LibvirtBed;
beforeEach(async () => {
  bed = await LibvirtBed.make({ workload: { kind: 'loop', wssMiB: 128, pagesPerSecond: 20_000 } });
});
afterEach(async () => {
  for (const host of bed?.lab.hosts ?? []) await resumeLibvirtd(host);
  await bed?.[Symbol.asyncDispose]();
});

interface Followed {
  readonly outcome: Outcome;
  readonly happenings: readonly Happening[];
  readonly mostAtOnce: number;
}

interface Following {
  readonly supervisor: Supervisor;
  /** Resolves with the first that fits. */
  sees(wanted: (happening: Happening) => boolean): Promise<void>;
}

const passes = (pass: number) => (happening: Happening) =>
  happening.type === 'boundary' && happening.boundary.pass >= pass;
const stops = (happening: Happening) => happening.type === 'guest' && happening.event === 'stopped';
const arrives = (happening: Happening) =>
  happening.type === 'guest' && happening.event === 'resumed' && happening.side === 'destination';

/** Migrates, does what the test does to it, and watches all the while that no two sides run the guest. */
async function migrate(
  kind: PolicyKind,
  meddle: (following: Following) => Promise<unknown>,
): Promise<Followed> {
  const { source, destination } = bed;
  const hypervisor = new LibvirtHypervisor({ reconnectForMs: RECONNECT_FOR_MS });
  const migration = await hypervisor.start(
    domainAddress(source.uri, 'vm1'),
    {
      vm: domainAddress(destination.uri, 'vm1'),
      peerUri: destination.tcpUri,
      migrateUri: undefined,
      listenUri: undefined,
    },
    {
      meant: undefined,
      force: false,
      postCopy: false,
      brake: 'none',
      downtimeLimitMs: kind === NEVER ? 1 : 300,
      bandwidthBytesPerSecond: undefined,
      lineRateBytesPerSecond: undefined,
    },
  );
  const happenings: Happening[] = [];
  const waiting = new Set<() => void>();
  const supervisor = new Supervisor(migration, kind, LIMITS, {
    write: (_atMs, happening) => {
      happenings.push(happening);
      for (const look of waiting) look();
    },
  });
  const sees = async (wanted: (happening: Happening) => boolean) =>
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!happenings.some(wanted)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const running = supervisor.run();
  const over = { now: false };
  const watched = mostAtOnce(over);
  const [outcome] = await Promise.all([running, meddle({ supervisor, sees })]);
  await migration.detach();
  over.now = true;
  return { outcome, happenings, mostAtOnce: await watched };
}

/** Which hosts' guests answer on their serial line. One that stands still does not. */
async function consoles(): Promise<string[]> {
  const answers = await Promise.all(
    bed.lab.hosts.map(async (host) =>
      bed.guest.on(host).pid === undefined
        ? undefined
        : await bed.guest
            .on(host)
            .status(1500)
            .then(
              () => host.name,
              () => undefined,
            ),
    ),
  );
  return answers.filter((name) => name !== undefined);
}

/** @returns on how many hosts the guest answered at once, at most */
async function mostAtOnce(over: { now: boolean }): Promise<number> {
  let most = 0;
  while (!over.now) {
    most = Math.max(most, (await consoles()).length);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return most;
}

/** By libvirt's word, by a connection of the test's own, and by the guest's: exactly that host, with all its memory. */
async function expectRunsOn(host: LibvirtHost): Promise<void> {
  await bed.verify(host);
  expect(await consoles()).toEqual([host.name]);
}

async function restart(host: LibvirtHost, awayMs = 1500): Promise<void> {
  await host.stopLibvirtd('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, awayMs));
  await host.startLibvirtd();
}

async function signal(host: LibvirtHost, name: string): Promise<void> {
  const { libvirtdPid } = host;
  if (libvirtdPid !== undefined) await promisify(execFile)('kill', [`-${name}`, String(libvirtdPid)]);
}

async function resumeLibvirtd(host: LibvirtHost): Promise<void> {
  await signal(host, 'CONT').catch(() => undefined);
}

const after = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));

describe('a libvirtd that is killed and comes back', () => {
  const sides = ['source', 'destination'] as const;

  test.each(sides)('%s, in the first pass and in a later one: the guest stays', async (side) => {
    for (const pass of [1, 3]) {
      const { outcome, mostAtOnce } = await migrate(NEVER, async ({ sees }) => {
        await sees(passes(pass));
        await restart(bed[side]);
      });
      expect(mostAtOnce).toBeLessThanOrEqual(1);
      expect(outcome).toMatchObject({ outcome: 'failed', runsOn: 'source' });
      await expectRunsOn(bed.source);
    }
  });

  test.each(sides)('%s, while the guest is stopped', async (side) => {
    const { outcome, mostAtOnce } = await migrate(EARLY, async ({ sees }) => {
      await sees(stops);
      await restart(bed[side]);
    });
    expect(mostAtOnce).toBeLessThanOrEqual(1);
    // libvirt decides which; the outcome says which it was.
    expect(['source', 'destination'], outcome.reason).toContain(outcome.runsOn);
    await expectRunsOn(outcome.runsOn === 'source' ? bed.source : bed.destination);
  });

  test('source, just after the guest has arrived: it runs there', async () => {
    const { outcome, mostAtOnce } = await migrate(EARLY, async ({ sees }) => {
      await sees(arrives);
      await restart(bed.source);
    });
    expect(mostAtOnce).toBeLessThanOrEqual(1);
    expect(outcome.runsOn).toBe('destination');
    await expectRunsOn(bed.destination);
  });

  // The source's libvirtd does not hear that the guest runs, and resumes its own: libvirt's fault, seen and ended.
  test('destination, just after the guest has arrived: a source that libvirt resumes is stopped', async () => {
    const { outcome, happenings } = await migrate(EARLY, async ({ sees }) => {
      await sees(arrives);
      await restart(bed.destination);
    });
    const resumed = happenings.some(
      (happening) =>
        happening.type === 'guest' && happening.event === 'resumed' && happening.side === 'source',
    );
    if (resumed)
      expect(outcome).toMatchObject({ runsOn: 'unknown', reason: expect.stringMatching(/both sides/) });
    else expect(outcome.runsOn).toBe('destination');
    await expectRunsOn(bed.destination);
  });

  test.each(sides)('%s, in a cancel: the guest stays', async (side) => {
    const { outcome, mostAtOnce } = await migrate(NEVER, async ({ sees, supervisor }) => {
      await sees(passes(2));
      const restarted = restart(bed[side]);
      void supervisor.cancel('a cancel at a bad moment');
      await restarted;
    });
    expect(mostAtOnce).toBeLessThanOrEqual(1);
    expect(outcome).toMatchObject({ runsOn: 'source' });
    await expectRunsOn(bed.source);
  });
});

// Audit 4: "third party needs to check", says libvirt, and leaves the source paused.
test('the source’s libvirtd is killed in its last phase, while the destination’s hangs: nothing is resumed', async () => {
  const { outcome, happenings, mostAtOnce } = await migrate(EARLY, async ({ sees }) => {
    await sees(stops);
    await signal(bed.destination, 'STOP');
    // The rest of the memory arrives, and libvirt asks the destination to finish.
    await after(6000);
    await restart(bed.source);
  });
  expect(mostAtOnce).toBeLessThanOrEqual(1);
  const did = happenings.flatMap((happening) => (happening.type === 'effect' ? [happening.did] : []));
  expect(did.filter((each) => !each.startsWith('migrate-setmaxdowntime'))).toEqual([]);
  expect(outcome).toMatchObject({
    outcome: 'failed',
    runsOn: 'unknown',
    reason: expect.stringMatching(/an operator is needed: the source has handed the guest over/),
  });
  expect(await consoles()).toEqual([]);
  // The hand that it names: the destination is made reachable.
  await resumeLibvirtd(bed.destination);
  await expect
    .poll(async () => await bed.guest.on(bed.destination).state(), { timeout: 30_000 })
    .not.toBe('paused');
  const arrived = (await bed.guest.on(bed.destination).state()) === 'running';
  if (!arrived) await bed.source.virsh('resume', bed.guest.uuid);
  await expectRunsOn(arrived ? bed.destination : bed.source);
});

test('both event connections are lost: boundaries are found, and the guest arrives', async () => {
  const { outcome, happenings, mostAtOnce } = await migrate(EARLY, async ({ sees }) => {
    await sees(passes(1));
    await killEvents();
  });
  expect(mostAtOnce).toBeLessThanOrEqual(1);
  expect(outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(happenings.filter(({ type }) => type === 'monitor').length).toBeGreaterThanOrEqual(2);
  await expectRunsOn(bed.destination);
});

test('an operator suspends the guest: it is no stop of ours, and is not given up for it', async () => {
  const { outcome, happenings, mostAtOnce } = await migrate(EARLY, async ({ sees }) => {
    await sees((happening) => happening.type === 'tick');
    await bed.source.virsh('suspend', bed.guest.uuid);
  });
  expect(mostAtOnce).toBeLessThanOrEqual(1);
  expect(happenings).toContainEqual(
    expect.objectContaining({
      type: 'warning',
      message: expect.stringMatching(/stopped by somebody on its host/),
    }),
  );
  // libvirt runs a migrated guest on the destination that ran as the migration began.
  expect(outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  await expectRunsOn(bed.destination);
});

test('the guest is destroyed on the way: it runs nowhere, and no operator is called', async () => {
  const { outcome, mostAtOnce } = await migrate(NEVER, async ({ sees }) => {
    await sees(passes(2));
    await bed.source.virsh('destroy', bed.guest.uuid);
  });
  expect(mostAtOnce).toBeLessThanOrEqual(1);
  expect(outcome).toMatchObject({
    outcome: 'failed',
    runsOn: 'nowhere',
    reason: expect.stringMatching(/the guest was destroyed/),
  });
  expect(await consoles()).toEqual([]);
});

/** The `virsh event` processes of this test. */
async function killEvents(): Promise<void> {
  const { stdout } = await promisify(execFile)('pgrep', [
    '-P',
    String(process.pid),
    '-f',
    '^virsh .* event ',
  ]);
  for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
}
