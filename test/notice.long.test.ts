/**
 * A drain of real libvirt hosts that tells a guest of its move, through the real QEMU guest agent that runs in it. What the
 * guest heard is what the program at /etc/switchover/notice in it printed on its console.
 */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { agentImage } from '../lab/guest/agent-image.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { drainStatusSchema } from '../src/fleet/drain-status.ts';
import { openStore } from '../src/postgres/open-store.ts';

const CHANNEL = `<channel type="unix"><source mode="bind"/>
  <target type="virtio" name="org.qemu.guest_agent.0"/></channel>`;
/** Long enough for a busy machine to start a command meanwhile. */
const NOTICE_S = 60;
const SHORT_S = 4;

test('a guest hears that it moves, a given time before, and that it has; a kill -9 in between tells it nothing twice', async () => {
  await using bed = await LibvirtBed.make({ name: 'plain', workload: { kind: 'idle' }, memoryMiB: 96 });
  const { lab, source, destination } = bed;
  const guest = await lab.startGuest(source, {
    ...{ name: 'agent', workload: { kind: 'idle' }, image: await agentImage(), memoryMiB: 192 },
    extraDevicesXml: CHANNEL,
  });
  await expect
    .poll(() => inGuest('guest-ping').catch(String), { timeout: 60_000, interval: 500 })
    .toBe('{"return":{}}');
  await says('agent', `notice="${NOTICE_S}s"`);
  // It has no channel for an agent.
  await says('plain', 'notice="2s"');

  const first = drain();
  await first.says(/agent: notice given, moves at \d\d:\d\d:\d\d\n/);
  const shown = await bed.run('drain', 'show', ...bed.common(), '--', source.uri).ended;
  expect(shown.stdout, shown.stderr).toMatch(/\n {2}agent: notice given, moves at \d\d:\d\d:\d\d\n/);
  first.process.kill('SIGKILL');
  await first.ended;
  expect(await source.virsh('domjobinfo', 'agent')).toMatch(/Job type:\s+None/);
  const second = drain('--json');
  const { status, stdout, stderr } = await second.ended;
  expect(status, stderr).toBe(0);
  expect(`${first.stderr}${stderr}`).toMatch(
    /plain: moves at \d\d:\d\d:\d\d; its guest could not be told: it has no channel for a guest agent/,
  );
  const told = drainStatusSchema.parse(JSON.parse(stdout));
  told.vms.sort(({ name: a }, { name: b }) => (a < b ? 1 : -1));
  expect(told.vms).toEqual([
    // The kill may have come right as it began.
    expect.objectContaining({ name: 'plain', state: 'moved' }),
    expect.objectContaining({ name: 'agent', state: 'moved', tries: 1 }),
  ]);
  expect(await heard(source)).toEqual([`notice: moving host1 ${NOTICE_S}`]);
  expect(await heard(destination)).toEqual(['notice: moved host2 0']);
  const [given, starting] = await timesOf('notice-given', 'starting');
  expect((starting ?? 0) - (given ?? 0)).toBeGreaterThanOrEqual(NOTICE_S * 1000);
  await bed.verify(destination);

  // Back, with an agent that forbids it, as those of some distributions do: it is told, and moved all the same.
  const forbid =
    'echo "[general]\nblacklist=guest-exec" >/etc/qemu/qemu-ga.conf; /bin/busybox killall qemu-ga';
  await inGuest('guest-exec', { path: '/bin/busybox', arg: ['sh', '-c', forbid] });
  await bed.run('drain', 'release', ...bed.common(), '--', source.uri).ended;
  await bed.turnAround();
  await says('agent', `notice="${SHORT_S}s"`);
  const back = await drain().ended;
  expect(back.status, back.stderr).toBe(0);
  expect(back.stderr).toMatch(
    /agent: moves at \d\d:\d\d:\d\d; its guest could not be told: its guest agent: .*guest-exec.*(disabled|not allowed)/,
  );
  expect(back.stderr).toMatch(/agent: moved to .*; its guest could not be told: its guest agent: /);
  expect(await heard(destination)).toEqual(['notice: moved host2 0']);
  // Its console begins anew where it arrives.
  expect(await heard(source)).toEqual([]);
  await bed.verify(bed.destination);

  /** The host on which the guest is now asks its agent. */
  async function inGuest(command: string, given: object = {}): Promise<string> {
    const json = JSON.stringify({ execute: command, arguments: given });
    const host = (await guest.whereabouts())?.host ?? source;
    return (await host.virsh('qemu-agent-command', `--domain=${guest.uuid}`, `--cmd=${json}`)).trim();
  }

  async function says(name: string, words: string): Promise<void> {
    const element = `<migration ${words}/>`;
    const key = ['--uri', 'urn:switchover:domain:1', '--key', 'switchover', '--set', element];
    await bed.source.virsh('metadata', name, '--live', '--config', ...key);
  }

  /** What the program in the guest printed while it was on that host. */
  async function heard(host: typeof source): Promise<string[]> {
    const text = await readFile(guest.on(host).paths.consolePath, 'utf8');
    return [...text.matchAll(/^(notice: .*?)\r?$/gm)].map(([, line = '']) => line);
  }

  function drain(...args: string[]) {
    const { source: from, destination: to } = bed;
    return bed.run(
      'drain',
      ...['--to', to.tcpUri, '--migrateuri', `tcp://${to.address}`, '--reserve', '0', '--probe', '1s'],
      ...['--line-rate', '480mbit', ...bed.common(), ...args, '--', from.uri],
    );
  }

  /** By the database, of the guest's first move. */
  async function timesOf(...kinds: string[]): Promise<(number | undefined)[]> {
    const folder = `${bed.stateDir}/postgres`;
    await using store = await openStore({ url: undefined, folder, make: false });
    const rows = await store.database.query<{ kind: string; ms: number }>(
      `select kind, extract(epoch from min(at))::float8 * 1000 as ms from fleet.event
       where move = (select id from fleet.move where vm = $1 order by created limit 1) group by kind`,
      [guest.uuid],
    );
    return kinds.map((kind) => rows.find((row) => row.kind === kind)?.ms);
  }
}, 600_000);
