/**
 * Whether the destination has the guest's disks, and reads from them what the source wrote. After libvirt's own
 * qemuMigrationSrcIsSafe and qemuMigrationAnyCopyDisk (src/qemu/qemu_migration.c, libvirt 9.0 to 11.3), which end
 * at the first finding and say nothing of files that are only read.
 */
import type { RefusalCode } from '../../hypervisor.ts';
import { isBefore, type Version } from '../domain/versions.ts';
import type { DiskPlace } from './disk-place.ts';
import type { PreflightOptions } from './preflight-options.ts';
import { finding, note, together, type Verdict } from './verdict.ts';

type Options = Pick<PreflightOptions, 'copyStorage' | 'unsafe' | 'force'>;

type Matter =
  | 'not-shared'
  | 'reads-local'
  | 'over-itself'
  | 'no-flush'
  | 'old-cache'
  | 'copied'
  | 'device'
  | 'unknown';

/** @param qemu the version on the source, as far as it is known */
export function checkDisks(
  places: readonly DiskPlace[],
  options: Options,
  qemu: Version | undefined,
): Verdict {
  const byMatter = new Map<Matter, DiskPlace[]>();
  for (const place of places)
    for (const matter of mattersOf(place, options, qemu))
      byMatter.set(matter, [...(byMatter.get(matter) ?? []), place]);
  return together([...byMatter].map(([matter, disks]) => verdictOn(matter, named(disks), options)));
}

function mattersOf(place: DiskPlace, options: Options, qemu: Version | undefined): Matter[] {
  const { disk, sharing, alsoThere } = place;
  if (disk.readOnly) {
    if (disk.mayBeMissing || alsoThere) return [];
    if (sharing === 'unknown') return ['unknown'];
    if (sharing !== 'local') return [];
    return [alsoThere === undefined ? 'unknown' : 'reads-local'];
  }
  // libvirt copies the writable disks that only one guest uses, on whatever storage they are.
  if (options.copyStorage !== 'none' && !disk.shareable)
    return sharing === 'shared' || sharing === 'clustered' ? ['over-itself'] : ['copied'];
  if (sharing === 'local') return ['not-shared'];
  const matters: Matter[] = [];
  if (sharing === 'device') matters.push('device');
  if (sharing === 'unknown') matters.push('unknown');
  if (sharing !== 'clustered' && !disk.shareable) matters.push(...cacheMatters(place, qemu));
  return matters;
}

/**
 * QEMU 4.0 began to drop its page cache of a file at a migration (`drop-cache`, qapi/block-core.json). That helps
 * nothing with `unsafe`, under which QEMU does not even write out what the guest flushed; libvirt lets it pass.
 */
function cacheMatters({ disk }: DiskPlace, qemu: Version | undefined): Matter[] {
  if (disk.cache === 'unsafe') return ['no-flush'];
  if (disk.cache === 'none' || disk.cache === 'directsync' || disk.type === 'network') return [];
  return isBefore(qemu, 4, 0) ? ['old-cache'] : [];
}

function verdictOn(matter: Matter, disks: string, { copyStorage, unsafe, force }: Options): Verdict {
  const copyOption = `--copy-storage-${copyStorage}`;
  const unless = (allowed: boolean, code: RefusalCode, sentence: string, remedy: string) =>
    allowed ? note(sentence) : finding(code, `${sentence}: ${remedy}`);
  switch (matter) {
    case 'not-shared':
      return unless(
        unsafe,
        'not-shared',
        `only the source has ${disks}`,
        copyStorage === 'none'
          ? 'copy with --copy-storage-all (to images of the same size), move to storage that both hosts share, or say --unsafe if you know that they share it'
          : 'what several guests share is not copied; move it to storage that both hosts share, or say --unsafe if you know that they share it',
      );
    case 'reads-local':
      return unless(
        force || unsafe,
        'not-shared',
        `only the source is known to have ${disks}, which the guest only reads`,
        'eject it (`virsh change-media --eject`), or put it at the same path on the destination and say --force',
      );
    case 'over-itself':
      return unless(
        unsafe,
        'not-shared',
        `both hosts have ${disks}, which ${copyOption} would write over itself`,
        'leave that option out, or say --unsafe if the destination has another one under that name',
      );
    case 'no-flush':
      return unless(
        unsafe,
        'unsafe-cache',
        `with cache="unsafe" the destination may read old data from ${disks}`,
        'set cache="none" and restart the guest, or say --unsafe if the data may be lost',
      );
    case 'old-cache':
      return unless(
        unsafe,
        'unsafe-cache',
        `QEMU before 4.0 may let the destination read old data from ${disks}, because its host caches it`,
        'set cache="none" or "directsync" and restart the guest, or say --unsafe if the data may be lost',
      );
    case 'copied':
      return note(`the destination needs room of the same size, under the same path, for ${disks}`);
    case 'device':
      return note(`the destination must have the same device under the same name for ${disks}`);
    case 'unknown':
      return note(`whether the destination has ${disks} could not be found out from here`);
  }
}

function named(places: readonly DiskPlace[]): string {
  const names = places.map(
    ({ disk, where }) => `${disk.target} (${disk.source}${where ? `, ${where}` : ''})`,
  );
  const last = names.pop() ?? '';
  return names.length === 0 ? `the disk ${last}` : `the disks ${names.join(', ')} and ${last}`;
}
