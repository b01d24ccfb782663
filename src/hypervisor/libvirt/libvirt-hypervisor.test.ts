import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type FormerSettings, NotBegunError, type StartOptions } from '../hypervisor.ts';
import { migrationMark } from '../migration-mark.ts';
import { IN_THE_CLEAR, type StreamTls } from '../stream-tls.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { REAL_ACCESS } from './access.ts';
import { domainAddress } from './address.ts';
import { LibvirtHypervisor } from './libvirt-hypervisor.ts';
import { EventHub } from './virsh/event-hub.ts';
import { type FakeVirsh, fakeHost, TEST_UUID } from './virsh/testing/fake-virsh.ts';

const SOURCE = 'qemu:///source';
const THERE = 'qemu:///there';
const VM = domainAddress(SOURCE, 'vm1');
const TARGET = { vm: domainAddress(THERE, 'vm1'), migrateUri: undefined, listenUri: undefined };
const OPTIONS: StartOptions = {
  meant: undefined,
  force: true,
  postCopy: false,
  brake: 'none' as const,
  downtimeLimitMs: 250,
  bandwidthBytesPerSecond: undefined,
  lineRateBytesPerSecond: undefined,
};

/** Of the source; `$done` is a file in which the answers may leave what they did. */
interface Answers {
  /** `virsh migrate`. */
  readonly migrate?: string;
  readonly setLimit?: string;
  readonly getLimit?: string;
  /** On the source. */
  readonly job?: string;
  /** On the destination. */
  readonly thereState?: string;
  readonly dirtyRate?: string;
}

/** Two hosts that find nothing against a migration of vm1, whose limit is 300 ms. */
function hosts({
  migrate = 'exec sleep 60',
  setLimit = '',
  getLimit = 'echo 300',
  job = "echo 'Job type: 0'",
  thereState = `echo "error: failed to get domain" >&2; exit 1`,
  dirtyRate = 'echo dirtyrate.calc_status=1',
}: Answers = {}): FakeVirsh {
  const xml = `<domain type='kvm'><name>vm1</name><uuid>${TEST_UUID}</uuid><memory unit='KiB'>1024</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><devices><emulator>/usr/bin/qemu</emulator></devices></domain>`;
  return fakeHost(`uri=$3
[ $# -gt 3 ] && shift 3 || { while read -r word rest; do
  case "$word $rest" in
    'echo --err '*) echo "error: \${rest#--err }" >&2 ;;
    'echo '*) printf %s "$rest" ;;
    domjobinfo*) ${job} ;;
    domstate*) echo 'running (booted)' ;;
    migrate-setmaxdowntime*) ${setLimit || ':'}; echo "$word $rest" >> "$starts.did" ;;
  esac
done; exit; }
case "$uri $1" in
  *' help') echo 'domjobinfo <domain> [--rawstats]' ;;
  *' event') exec sleep 60 ;;
  *' snapshot-list') : ;;
  '${SOURCE} metadata' | *' nodememstats' | *' capabilities' | *' list') : ;;
  *' version') echo 'Running against daemon: 11.3.0'; echo 'Running hypervisor: QEMU 10.0.2' ;;
  *' domuuid') echo ${TEST_UUID} ;;
  '${SOURCE} dumpxml') echo "${xml}" ;;
  '${SOURCE} domstate') echo 'running (booted)' ;;
  '${SOURCE} domjobinfo') ${job} ;;
  '${SOURCE} migrate-getmaxdowntime') ${getLimit} ;;
  '${SOURCE} migrate-setmaxdowntime') ${setLimit || ':'}; echo "$*" >> "$starts.did" ;;
  '${SOURCE} migrate-setspeed') echo "$*" >> "$starts.did" ;;
  '${SOURCE} migrate') ${migrate} ;;
  '${SOURCE} resume') echo "$*" >> "$starts.did" ;;
  '${SOURCE} domstats') ${dirtyRate} ;;
  '${SOURCE} domdirtyrate-calc') : ;;
  '${THERE} domstate') ${thereState} ;;
  *) echo "error: not in this test: $*" >&2; exit 1 ;;
esac`);
}

function hypervisor(): LibvirtHypervisor {
  return new LibvirtHypervisor({ hub: new EventHub() });
}

test('what the limit was is told before it is changed, and our job is waited for', async () => {
  const virsh = hosts({
    job: `[ -e "$starts.began" ] && printf '%s\\n' 'Job type: 2' 'operation: 5' || echo 'Job type: 0'`,
    migrate: ': > "$starts.began"; exec sleep 60',
  });
  const told: [FormerSettings, string[]][] = [];
  const migration = await hypervisor().start(VM, TARGET, {
    ...OPTIONS,
    remember: async (former) => void told.push([former, virsh.did()]),
  });
  expect(told).toEqual([[{ side: 'source', parameters: { downtimeLimitMs: 300 }, capabilities: {} }, []]]);
  expect(virsh.did()).toEqual([`migrate-setmaxdowntime --domain=${TEST_UUID} --downtime=250`]);
  expect(await migration.begun).toBeUndefined();
  await migration.detach();
});

const tls: StreamTls = {
  credentials: { kind: 'named', id: 'of QEMU only' },
  hostname: undefined,
  authorization: undefined,
};

test('whether memory is encrypted is known from what was asked for, and in the clear it is warned of', async () => {
  hosts();
  const check = async (more: object, migrateUri?: string) =>
    await hypervisor().check(VM, { ...TARGET, migrateUri }, { ...OPTIONS, ...more });
  expect(await check({})).toMatchObject({ encrypted: false, warnings: [IN_THE_CLEAR] });
  expect(await check({}, 'unix:///run/m.sock')).toMatchObject({ encrypted: false, warnings: [] });
  expect(await check({}, 'tcp://127.0.0.1')).toMatchObject({ encrypted: false, warnings: [] });
  expect(await check({ tls })).toMatchObject({ encrypted: true, warnings: [] });
});

test('a journal that cannot be written stops it before anything is changed', async () => {
  const virsh = hosts();
  const starting = hypervisor().start(VM, TARGET, {
    ...OPTIONS,
    remember: async () => {
      throw new NotBegunError('no room');
    },
  });
  await expect(starting).rejects.toThrow('no room');
  expect(virsh.did()).toEqual([]);
});

test('a limit that libvirt does not tell is not changed: it could not be put back', async () => {
  const virsh = hosts({ getLimit: 'exit 1' });
  await expect(hypervisor().start(VM, TARGET, OPTIONS)).rejects.toThrow(
    /does not say what the downtime limit of vm1 is/,
  );
  expect(virsh.did()).toEqual([]);
});

test('a limit that cannot be put back where it is not to begin after all is no refusal: the journal stays', async () => {
  hosts({
    setLimit: `[ ! -e "$starts.did" ] || { echo 'error: failed to connect to the hypervisor' >&2; exit 1; }`,
  });
  const starting = hypervisor().start(VM, TARGET, {
    ...OPTIONS,
    begins: async () => {
      throw new NotBegunError('cancelled by Ctrl-C', { wished: true });
    },
  });
  const failure = await starting.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NotBegunError);
  expect(String(failure)).toMatch(/could not be put back .*migrate-setmaxdowntime \S+ 300` does so/);
});

test('a virsh that libvirt refuses before the job began is a refusal, and the limit is put back', async () => {
  const virsh = hosts({ migrate: "echo 'error: unsupported configuration: no such CPU' >&2; exit 1" });
  await expect(hypervisor().start(VM, TARGET, OPTIONS)).rejects.toMatchObject({
    name: 'RefusedError',
    code: 'hypervisor-refused',
    message: 'libvirt refused to migrate vm1: unsupported configuration: no such CPU',
  });
  expect(virsh.did().at(-1)).toBe(`migrate-setmaxdowntime ${TEST_UUID} 300`);
});

test('certificates that a QEMU cannot use, told before the job begins, are refused with what to do', async () => {
  hosts({
    migrate: `echo "error: internal error: unable to execute QEMU command 'object-add': Unable to access credentials /etc/pki/qemu/ca-cert.pem: No such file or directory" >&2; exit 1`,
  });
  const start = async (more: Partial<StartOptions>) =>
    await hypervisor().start(VM, TARGET, { ...OPTIONS, ...more });
  await expect(start({ tls })).rejects.toThrow(/No such file or directory; .*migrate_tls_x509_cert_dir/);
  await expect(start({})).rejects.toThrow(/No such file or directory$/);
});

test('somebody else was faster: nothing of his is supervised', async () => {
  hosts({
    migrate:
      "echo 'error: operation failed: another migration job is already running for domain' >&2; exit 1",
  });
  await expect(hypervisor().start(VM, TARGET, OPTIONS)).rejects.toMatchObject({
    code: 'already-migrating',
    message: expect.stringMatching(/is being migrated by somebody else .*`switchover attach`/),
  });
});

test('what a controller before us left is put back in place of what is found', async () => {
  const virsh = hosts({ migrate: "echo 'error: no' >&2; exit 1" });
  let told = 0;
  const starting = hypervisor().start(VM, TARGET, {
    ...OPTIONS,
    former: [{ side: 'source', parameters: { downtimeLimitMs: 120 }, capabilities: {} }],
    remember: async () => {
      told += 1;
    },
  });
  await expect(starting).rejects.toThrow('libvirt refused');
  expect(told).toBe(0);
  expect(virsh.did().at(-1)).toBe(`migrate-setmaxdowntime ${TEST_UUID} 120`);
});

test('a limit that libvirt refuses is a refusal', async () => {
  hosts({ setLimit: "echo 'error: operation forbidden: read only access prevents it' >&2; exit 1" });
  await expect(hypervisor().start(VM, TARGET, OPTIONS)).rejects.toMatchObject({ code: 'read-only' });
});

test('a destination that does not know the VM is not taken for the one that it goes to', async () => {
  hosts({ job: "printf '%s\\n' 'Job type: 2' 'operation: 5' 'time_elapsed: 4000'" });
  const attach = { brake: 'none' as const, lineRateBytesPerSecond: undefined };
  await expect(
    hypervisor().attach(VM, { meant: undefined, ...attach, destination: TARGET.vm }),
  ).rejects.toMatchObject({
    code: 'destination-not-waiting',
  });
  const told: FormerSettings[] = [];
  const migration = await hypervisor().attach(VM, {
    meant: undefined,
    ...attach,
    destination: undefined,
    remember: async (former) => void told.push(former),
  });
  expect(migration.begunByUs).toBe(false);
  expect(told).toMatchObject([{ parameters: { downtimeLimitMs: 300 } }]);
  await migration.detach();
});

test('a migration that a controller of ours began is ours, with what it had found', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-over-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const over = path.join(folder, 'over');
  const virsh = hosts({
    job: `if [ -e ${over} ]; then echo 'Job type: 0'; else printf '%s\\n' 'Job type: 2' 'operation: 5' 'time_elapsed: 4000'; fi`,
  });
  const migration = await hypervisor().attach(VM, {
    meant: undefined,
    brake: 'none' as const,
    lineRateBytesPerSecond: undefined,
    destination: undefined,
    inherited: {
      began: true,
      destinationWaits: false,
      former: [{ side: 'source', parameters: { downtimeLimitMs: 120 }, capabilities: {} }],
    },
  });
  expect(migration.begunByUs).toBe(true);
  // As long as it lasts libvirt itself sets again in the end what it found.
  expect((await migration.putBack())[0]?.problem).toMatch(/libvirt has not ended the migration yet/);
  expect(virsh.did()).toEqual([]);
  fs.writeFileSync(over, '');
  expect(await migration.putBack()).toEqual([{ side: 'source', problem: undefined }]);
  expect(virsh.did()).toEqual([`migrate-setmaxdowntime ${TEST_UUID} 120`]);
  await migration.detach();
});

const VM1 = { name: 'vm1', uuid: TEST_UUID, memoryBytes: 2 ** 30, machineType: undefined };

test('what is settled afterwards: the guest is resumed, the limit put back, or the command told', async () => {
  const virsh = hosts();
  const former: FormerSettings = { side: 'source', parameters: { downtimeLimitMs: 300 }, capabilities: {} };
  expect(await hypervisor().settleAt(VM, { meant: VM1, run: true, former: undefined })).toEqual({
    effect: { did: `resume on ${SOURCE}` },
    restored: undefined,
  });
  expect(await hypervisor().settleAt(VM, { meant: VM1, run: false, former })).toEqual({
    effect: undefined,
    restored: { side: 'source', problem: undefined },
  });
  expect(virsh.did()).toEqual([
    `resume --domain=${TEST_UUID}`,
    `migrate-setmaxdowntime --domain=${TEST_UUID} --downtime=300`,
  ]);
  const withSpeed = { ...former, parameters: { ...former.parameters, speedMebibytes: 100 } };
  await hypervisor().settleAt(VM, { meant: VM1, run: false, former: withSpeed });
  expect(virsh.did().slice(-2)).toEqual([
    `migrate-setmaxdowntime --domain=${TEST_UUID} --downtime=300`,
    `migrate-setspeed --domain=${TEST_UUID} --bandwidth=100`,
  ]);
  hosts({ setLimit: "echo 'error: no' >&2; exit 1" });
  expect((await hypervisor().settleAt(VM, { meant: VM1, run: false, former })).restored?.problem).toMatch(
    /could not be put back to 300 ms .*`virsh --connect qemu:\/\/\/source migrate-setmaxdowntime/,
  );
});

test('another domain of that name is not settled (S3)', async () => {
  const virsh = hosts();
  const meant = { ...VM1, uuid: TEST_UUID.replace('6', '7') };
  await expect(hypervisor().settleAt(VM, { meant, run: true, former: undefined })).rejects.toMatchObject({
    code: 'different-vm',
  });
  expect(virsh.did()).toEqual([]);
  expect(await hypervisor().locate(VM, undefined, meant)).toEqual({
    source: 'unknown',
    destination: 'unknown',
  });
  expect((await hypervisor().locate(VM, undefined, VM1)).source).toBe('running');
});

// Found by the explorer, seed 1796040460443.
test('what a killed controller has told virsh to begin is waited for, as long as that may take', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-begun-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const begun = path.join(folder, 'begun');
  const job = `if [ -e ${begun} ]; then printf '%s\\n' 'Job type: 2' 'operation: 5' 'time_elapsed: 10'; else echo 'Job type: 0'; fi`;
  hosts({ job });
  const mark = migrationMark(0);
  setTimeout(() => fs.writeFileSync(begun, ''), 400);
  expect(await hypervisor().onceBegun(VM, mark)).toMatchObject({ state: 'running', migrating: true });
  fs.rmSync(begun);
  // Long overdue, or of another boot.
  for (const old of [migrationMark(10_000), mark.replace(/^[^@]*/, '0000')])
    expect(await hypervisor().onceBegun(VM, old)).toMatchObject({ state: 'running', migrating: false });
});

test('where it is: gone only by the host’s word', async () => {
  hosts();
  expect(await hypervisor().locate(VM, TARGET.vm)).toEqual({ source: 'running', destination: 'gone' });
  hosts({ thereState: "echo 'error: failed to connect to the hypervisor' >&2; exit 1" });
  expect(await hypervisor().locate(VM, TARGET.vm)).toEqual({ source: 'running', destination: 'unreachable' });
  expect(await hypervisor().locate(domainAddress('qemu:///nobody', 'vm1'), undefined)).toEqual({
    source: 'silent',
    destination: 'unknown',
  });
});

// Audit 28, review B18: it was waited for without an end.
test('a probe that is never measured is given up in words', async () => {
  hosts();
  const clock = new VirtualClock();
  const probing = new LibvirtHypervisor({
    hub: new EventHub(),
    access: { ...REAL_ACCESS, clock },
  }).probeDirtyRate(VM, 1000, undefined);
  let over = false;
  const refused = expect(
    probing.finally(() => {
      over = true;
    }),
  ).rejects.toThrow(/did not tell how fast vm1 dirties memory, 10 s after the 1 s/);
  while (!over) await clock.pass(100);
  await refused;
  expect(clock.now()).toBeGreaterThan(10_000);
});

test('one that is measured is told', async () => {
  hosts({ dirtyRate: "printf '%s\\n' dirtyrate.calc_status=2 dirtyrate.megabytes_per_second=7" });
  expect(await hypervisor().probeDirtyRate(VM, 1000, undefined)).toEqual({
    durationMs: 1000,
    dirtyRateBytesPerSecond: 7 * 2 ** 20,
  });
});
