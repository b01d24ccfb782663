/**
 * What real libvirt does with the mark of a lease: the fake virsh of the unit test only repeats it. That it changes none
 * while the domain migrates is left out here: to say so takes it 30 s.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LibvirtBed } from '../../../lab/libvirt/libvirt-bed.ts';
import { jobAt } from './domain/domain-job.ts';
import { markDomain, readMark, refuseMarked } from './domain-mark.ts';
import type { Place } from './lease-mark.ts';
import { placeHere } from './place-here.ts';

const HERE = placeHere();
const ELSEWHERE: Place = { ...HERE, host: 'host9', bootId: '5cf1e1f5-7a3e-4ef0-8a55-3b2b7c9f8d22' };

let bed: LibvirtBed;

beforeAll(async () => {
  bed = await LibvirtBed.make({ workload: { kind: 'loop', wssMiB: 64 }, memoryMiB: 256 });
});

afterAll(async () => await bed[Symbol.asyncDispose]());

test('it is read while the domain migrates, arrives with it, and is removed there', async () => {
  const { uuid } = bed.guest;
  const [source, destination] = [bed.source.uri, bed.destination.uri];
  expect(await readMark(source, uuid)).toBe('none');
  const mark = await markDomain(source, uuid, HERE);
  await mark.rest();
  expect(await readMark(source, uuid)).toMatchObject({ ...HERE, pid: process.pid });

  const migrated = bed.virshMigrate();
  await expect.poll(async () => (await jobAt(source, uuid)).type, { timeout: 60_000 }).toBe('active');
  await refuseMarked(source, uuid, HERE);
  await expect(refuseMarked(source, uuid, ELSEWHERE)).rejects.toMatchObject({ code: 'held' });

  await bed.source.virsh('migrate-setmaxdowntime', uuid, '20000');
  await migrated;
  expect(await readMark(destination, uuid)).toMatchObject({ ...HERE, pid: process.pid });
  await mark.remove({ uri: destination, uuid });
  expect(await readMark(destination, uuid)).toBe('none');
  await bed.verify(bed.destination);
});
