/** `share-link` on real libvirt hosts: two memory-intensive guests leave at once by plain virsh. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { verifyArrival } from '../lab/arrival.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';

const GUEST = { workload: { kind: 'loop', wssMiB: 48 }, memoryMiB: 160 } as const;

test('one has the link alone, the other waits for it, and both arrive with all their memory', async () => {
  await using bed = await LibvirtBed.make(GUEST);
  const { source, destination, stateDir } = bed;
  const guests = [bed.guest, await bed.lab.startGuest(source, { name: 'vm2', ...GUEST })];
  const befores = await Promise.all(guests.map(async (guest) => await guest.status()));
  const config = path.join(stateDir, 'share.toml');
  await writeFile(config, '[watch]\nshare-link = true\n[defaults]\nmax-downtime = "10s"\n');
  const watching = await bed.watch('--config', config, '--output', 'jsonl');
  const where = ['--migrateuri', `tcp://${destination.address}`];
  await Promise.all(
    guests.map(async ({ uuid }) => {
      await source.virsh('migrate', '--live', '--p2p', uuid, destination.tcpUri, ...where);
    }),
  );
  await watching.prints(/(?:"event":"ended"[\s\S]*){2}/);
  watching.process.kill('SIGTERM');
  await watching.ended;
  const lines = watching.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const ends = lines.filter(({ event }) => event === 'ended');
  expect(ends.map(({ outcome }) => outcome.outcome)).toEqual(['completed', 'completed']);
  const reasons = lines.filter(({ event }) => event === 'limits').map(({ reason }) => reason);
  expect(reasons).toEqual([expect.stringMatching(/^vm[12] has the link alone$/), 'the link is free again']);
  for (const [index, guest] of guests.entries()) {
    const before = befores[index];
    expect(before && (await verifyArrival(before, guest))).toMatchObject({ ok: true });
    // Their next migration finds what libvirt has by itself.
    expect(await destination.virsh('migrate-getspeed', guest.uuid)).toBe(String(2 ** 43 - 1));
  }
});
