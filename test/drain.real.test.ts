/** `switchover drain --plan` between real libvirt hosts: who leaves, when, for how long, and who cannot, with nothing touched. */
import { expect, test } from 'vitest';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { type DrainDocument, drainDocumentSchema } from '../src/drain/document.ts';

const NOVA = 'http://openstack.org/xmlns/libvirt/nova/1.1';

test('a host with an idle, a looping and a stuck guest: the stuck one is named with its remedy, the others have times that hold', async () => {
  await using bed = await LibvirtBed.make({
    ...{ name: 'loop', workload: { kind: 'loop', wssMiB: 64 }, memoryMiB: 256 },
  });
  const { lab, source, destination } = bed;
  const small = { workload: { kind: 'idle' }, memoryMiB: 96 } as const;
  const [idle, namesake] = await Promise.all([
    lab.startGuest(source, { name: 'idle', ...small }),
    lab.startGuest(destination, { name: 'stuck', ...small, wait: false }),
    lab.startGuest(source, { name: 'stuck', ...small }),
  ]);
  await destination.virsh('destroy', namesake.uuid);
  const before = await whatRuns();
  const plan = (...args: string[]) =>
    bed.run(
      'drain',
      ...['--plan', '--to', destination.tcpUri, '--migrateuri', `tcp://${destination.address}`],
      ...['--line-rate', '480mbit', '--probe', '1s', '--reserve', '0', ...bed.common(), ...args],
      ...['--', source.uri],
    ).ended;

  const planned = await plan('--json', '--for', '2h');
  expect(planned.stderr).toMatch(/drain: loop \(\d of 3\): a probe of 1 s\n/);
  expect(planned.status, planned.stderr).toBe(3);
  const document = drainDocumentSchema.parse(JSON.parse(planned.stdout)) as DrainDocument;
  expect(document).toMatchObject({
    ...{ host: source.uri, verdict: 'some-stay', deadline: { verdict: 'holds', probability: 1 } },
    held: [
      {
        ...{ name: 'stuck', kind: 'permanent' },
        refused: [{ destination: destination.tcpUri, reasons: [{ code: 'name-taken' }] }],
      },
    ],
    moves: [
      { name: 'loop', to: destination.tcpUri, memoryIntensive: true, among: 1, startsMs: { likely: 0 } },
      { name: 'idle', to: destination.tcpUri, memoryIntensive: false, among: 1 },
    ],
  });
  expect(await whatRuns()).toEqual(before);

  // As text, with nothing in the way but Nova and a time that is too short.
  const removed = ['metadata', idle.uuid, '--live', '--uri', NOVA, '--key', 'nova', '--set', '<instance/>'];
  await source.virsh(...removed);
  await destination.virsh('undefine', namesake.uuid);
  const text = await plan('--for', '2s', '--quiet', '--order', 'easy-first', '--at-a-time', '1');
  expect(text, text.stderr).toMatchObject({ status: 3, stderr: '' });
  expect(text.stdout).toMatch(
    /: 1 of 3 VMs cannot leave as it is; nothing was touched\n {2}idle: OpenStack Nova manages it/,
  );
  expect(text.stdout).toMatch(
    /The deadline, 2 s from now, will most likely be missed: .*loop would not have begun/,
  );
  expect(text.stdout).toMatch(/^stuck .*\nloop .*memory-intensive$/m);

  // What was told is what happens: the whole move, and the pause.
  const [loop] = document.moves;
  const migrated = await bed.migrate('--line-rate', '480mbit', '--json').ended;
  const { outcome, pauseMs, totalMs } = JSON.parse(migrated.stdout);
  expect(outcome).toBe('completed');
  for (const [was, told] of [
    [pauseMs, loop?.pauseMs],
    [totalMs, loop?.totalMs],
  ]) {
    // Once: it may be the one in five that lies outside.
    expect(was).toBeGreaterThan((told?.low ?? 0) * 0.8);
    expect(was).toBeLessThan((told?.high ?? 0) * 1.25);
  }

  async function whatRuns(): Promise<string[]> {
    return await Promise.all(lab.hosts.map(async (host) => await host.virsh('list', '--all')));
  }
});
