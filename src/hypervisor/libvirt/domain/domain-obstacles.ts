/**
 * What libvirt refuses to migrate whatever the options are, as far as the domain's XML shows it
 * (qemuMigrationSrcIsAllowed, src/qemu/qemu_migration.c, libvirt 9.0 to 11.3). Snapshots are asked for apart.
 */
import type { Element } from '@xmldom/xmldom';
import { at, attributeOf, childrenOf } from './xml.ts';

/** @returns a sentence each, with its remedy */
export function obstaclesOf(domain: Element): string[] {
  const devices = at(domain, 'devices');
  return [
    ...childrenOf(devices, 'disk').flatMap(diskObstacles),
    ...childrenOf(devices, 'shmem').flatMap(sharedMemoryObstacles),
    ...timeObstacles(domain),
  ];
}

function diskObstacles(disk: Element): string[] {
  const target = attributeOf(at(disk, 'target'), 'dev') ?? 'a disk';
  const obstacles: string[] = [];
  if (at(disk, 'transient'))
    obstacles.push(
      `the disk ${target} is transient, which libvirt does not migrate: take <transient/> out of the guest's configuration and restart it`,
    );
  if (at(disk, 'mirror'))
    obstacles.push(
      `a block job works on the disk ${target}: end it with \`virsh blockjob\` (--pivot or --abort), or wait for it`,
    );
  return obstacles;
}

function sharedMemoryObstacles(memory: Element): string[] {
  if (attributeOf(memory, 'role') === 'master') return [];
  const name = attributeOf(memory, 'name') ?? '';
  return [
    `the guest shares the memory "${name}" with others on its host, which libvirt does not migrate: detach it (\`virsh detach-device\`)`,
  ];
}

/** QEMU blocks a guest with an invariant time stamp counter unless its frequency is stated. */
function timeObstacles(domain: Element): string[] {
  const invariant = childrenOf(at(domain, 'cpu'), 'feature').some(
    (feature) => attributeOf(feature, 'name') === 'invtsc' && attributeOf(feature, 'policy') === 'require',
  );
  const stated = childrenOf(at(domain, 'clock'), 'timer').some(
    (timer) => attributeOf(timer, 'name') === 'tsc' && attributeOf(timer, 'frequency') !== undefined,
  );
  if (!invariant || stated) return [];
  return [
    'the guest has the CPU feature invtsc without a stated frequency, which libvirt does not migrate: state <timer name="tsc" frequency="…"/> or disable invtsc, and restart it',
  ];
}
