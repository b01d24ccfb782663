/** What forbids a migration between two QEMUs, found before either is touched. Pure. */

import { compresses, type Streams } from '../../model/streams.ts';
import { formatBytes } from '../../model/units.ts';
import {
  type CheckOptions,
  type CheckReport,
  type Destination,
  type GuestFacts,
  type RefusalCode,
  RefusedError,
} from '../hypervisor.ts';
import { defectFindings, knownDefects } from '../qemu-rules/known-defects.ts';
import { differentCapabilities } from '../qemu-rules/start.ts';
import { isAtLeast, tripleOf } from '../qemu-rules/version.ts';
import { IN_THE_CLEAR, leavesHost, type StreamTls } from '../stream-tls.ts';
import type { QemuEnd } from './migration-facts.ts';

/** @returns every finding, each a sentence with its remedy, and what is worth knowing */
export function preflight(
  source: QemuEnd,
  destination: QemuEnd,
  target: Destination,
  options: CheckOptions,
): CheckReport {
  const defects = defectFindings(
    knownDefects({
      source: { qemu: tripleOf(source.qemu.version), libvirt: undefined },
      destination: { qemu: tripleOf(destination.qemu.version), libvirt: undefined },
      accelerator: source.guest.accelerator,
      tls: options.tls !== undefined || source.qemu.tls,
      parallel: options.streams !== undefined || (source.qemu.capabilities.get('multifd') ?? false),
      postCopy: options.postCopy,
      vfio: source.qemu.vfio,
    }),
    options.force,
  );
  const encrypted = options.tls !== undefined || (source.qemu.tls && destination.qemu.tls);
  const leaves = leavesHost(target.migrateUri ?? '');
  return {
    guest: source.guest,
    findings: [
      ...sourceFindings(source),
      ...defects.findings,
      ...destinationFindings(source, destination, options.streams !== undefined),
      ...uriFindings(target),
      ...(options.streams ? streamFindings(source, destination, target, options.streams, options) : []),
      ...(options.tls
        ? tlsFindings([source, destination], target, options.tls)
        : tlsSetAlike(source, destination)),
    ],
    notes: defects.notes,
    warnings: !encrypted && leaves ? [IN_THE_CLEAR] : [],
    // What a program does with it nobody knows.
    encrypted: encrypted || leaves !== undefined ? encrypted : undefined,
    maxSentBytes: defects.maxSentBytes,
  };
}

function sourceFindings({ guest, qemu }: QemuEnd): RefusedError[] {
  const findings: RefusedError[] = [];
  if (guest.migrating)
    findings.push(
      new RefusedError(
        'already-migrating',
        `${guest.vm} is migrating already: take it over with \`switchover attach ${guest.vm}\`, or wait for its end`,
      ),
    );
  else if (guest.state === 'handed-over')
    findings.push(
      new RefusedError(
        'not-running',
        `${guest.vm} has handed its guest over to another QEMU: migrate it from where it runs now`,
      ),
    );
  else if (guest.state !== 'running' && guest.state !== 'paused')
    findings.push(
      new RefusedError(
        'not-running',
        `${guest.vm} has no running guest (it is ${guest.state}): nothing to migrate`,
      ),
    );
  for (const reason of qemu.blockedReasons)
    findings.push(
      new RefusedError(
        'migration-blocked',
        `QEMU at ${guest.vm} does not migrate its guest now: ${reason}; remove what blocks it (a device, a snapshot, a job), then try again`,
      ),
    );
  return findings;
}

function destinationFindings(source: QemuEnd, destination: QemuEnd, setsStreams: boolean): RefusedError[] {
  const [here, there] = [source.guest, destination.guest];
  if (there.state !== 'incoming')
    return [
      new RefusedError(
        'destination-not-waiting',
        `${there.vm} is not waiting for a migration (it is ${there.state}): start that QEMU with -incoming defer`,
      ),
    ];
  const findings: RefusedError[] = [];
  if (here.uuid !== undefined && there.uuid !== undefined && here.uuid !== there.uuid)
    findings.push(
      new RefusedError(
        'different-vm',
        `${there.vm} waits for another VM: its UUID is ${there.uuid}, and ${here.uuid} on the source; give the address of its own destination, or start that with -uuid ${here.uuid}`,
      ),
    );
  if (here.machineType && there.machineType && here.machineType !== there.machineType)
    findings.push(
      new RefusedError(
        'different-machine',
        `the machine types differ: ${here.machineType} on the source, ${there.machineType} on the destination; start the destination with -machine ${here.machineType}`,
      ),
    );
  if (here.memoryBytes !== there.memoryBytes)
    findings.push(
      new RefusedError(
        'different-memory',
        `the memory sizes differ: ${mebibytes(here)} on the source, ${mebibytes(there)} on the destination; start the destination with the source's -m`,
      ),
    );
  for (const name of differentCapabilities(source.qemu.capabilities, destination.qemu.capabilities))
    if (name !== 'multifd' || !setsStreams) findings.push(differentCapability(name, source));
  return findings;
}

/** What several connections need of both ends. */
function streamFindings(
  source: QemuEnd,
  destination: QemuEnd,
  { migrateUri, listenUri }: Destination,
  streams: Streams,
  { postCopy }: Pick<CheckOptions, 'postCopy'>,
): RefusedError[] {
  const option = compresses(streams) ? `--compress ${streams.compression}` : '--parallel';
  const findings: RefusedError[] = [];
  const lacks = (sentence: string) => findings.push(new RefusedError('lacks-feature', sentence));
  for (const { guest, qemu } of [source, destination]) {
    if (!qemu.capabilities.has('multifd'))
      lacks(
        `${option} needs several connections, which ${guest.hypervisor} at ${guest.vm} has not (multifd, from QEMU 4.0 on): leave it out`,
      );
    else if (compresses(streams) && !isAtLeast(qemu.version, 5, 0))
      lacks(
        `${option} needs QEMU 5.0, and ${guest.vm} has ${guest.hypervisor}: leave it out, or use --parallel`,
      );
    // Before: "Postcopy is not yet compatible with multifd" (QEMU's migration/options.c).
    else if (postCopy && !isAtLeast(qemu.version, 10, 1))
      lacks(
        `${option} together with post-copy needs QEMU 10.1, and ${guest.vm} has ${guest.hypervisor}: leave one of them out`,
      );
  }
  if (destination.qemu.listens)
    findings.push(
      new RefusedError(
        'destination-not-waiting',
        `${destination.guest.vm} listens for one connection already, and ${option} needs several: start that QEMU with -incoming defer`,
      ),
    );
  for (const uri of [migrateUri, listenUri])
    if (uri !== undefined && !/^(tcp|unix|vsock):/.test(uri))
      findings.push(
        new RefusedError(
          'bad-migrate-uri',
          `${option} opens several connections, which "${uri}" does not take: write it like tcp:10.77.0.2:4444, or leave ${option} out`,
        ),
      );
  return findings;
}

/** From then on `object-add` takes what it takes now, and each of several connections is encrypted. */
const TLS_SINCE = [6, 0] as const;

/** Certificates aside, which QEMU itself is asked about. */
function tlsFindings(
  ends: readonly QemuEnd[],
  { migrateUri = '', listenUri = migrateUri }: Destination,
  { hostname }: StreamTls,
): RefusedError[] {
  const findings = ends
    .filter(({ qemu }) => !isAtLeast(qemu.version, ...TLS_SINCE))
    .map(
      ({ guest }) =>
        new RefusedError(
          'lacks-feature',
          `--tls needs QEMU ${TLS_SINCE.join('.')}, and ${guest.vm} has ${guest.hypervisor}: leave it out`,
        ),
    );
  const plain = [migrateUri, listenUri].find((uri) => /^(rdma|file):/.test(uri));
  if (plain !== undefined)
    findings.push(
      new RefusedError(
        'bad-migrate-uri',
        `--tls does not encrypt what goes to "${plain}": write it like tcp:10.77.0.2:4444, or leave --tls out`,
      ),
    );
  else if (hostname === undefined && !migrateUri.startsWith('tcp:'))
    findings.push(
      new RefusedError(
        'bad-migrate-uri',
        `"${migrateUri}" names no host that the destination's certificate could be checked for: say with --tls-hostname which name it has`,
      ),
    );
  return findings;
}

/** Else the one side would speak TLS and the other would not. */
function tlsSetAlike(source: QemuEnd, destination: QemuEnd): RefusedError[] {
  if (source.qemu.tls === destination.qemu.tls) return [];
  const [set, unset] = source.qemu.tls ? [source, destination] : [destination, source];
  return [
    new RefusedError(
      'bad-credentials',
      `tls-creds is set at ${set.guest.vm} and not at ${unset.guest.vm}: set it at both with migrate-set-parameters, or let --tls do so`,
    ),
  ];
}

function differentCapability(name: string, source: QemuEnd): RefusedError {
  const onSource = source.qemu.capabilities.get(name) ?? false;
  const [on, off] = onSource ? ['source', 'destination'] : ['destination', 'source'];
  return new RefusedError(
    'different-capabilities',
    `the migration capability ${name} is on at the ${on} and off at the ${off}: both ends have to agree, set it alike with migrate-set-capabilities`,
  );
}

function mebibytes({ memoryBytes }: GuestFacts): string {
  const mib = memoryBytes / 2 ** 20;
  return Number.isInteger(mib) ? `${mib} MiB` : `${formatBytes(memoryBytes)} (${memoryBytes} bytes)`;
}

const SOCKET_URI = /^(tcp:.*:\d{1,5}|(unix|rdma|vsock):.+)$/;
/** QEMU runs the command, or opens the file, at the end that is given it: the same text is right at one end at most. */
const ONE_SIDED_URI = /^(exec|file|fd):.+/;

function uriFindings({ migrateUri, listenUri }: Destination): RefusedError[] {
  if (migrateUri === undefined)
    return [
      new RefusedError(
        'bad-migrate-uri',
        '--migrate-uri is needed: where the destination listens for the memory, like tcp:10.77.0.2:4444',
      ),
    ];
  const findings = [migrateUri, ...(listenUri === undefined ? [] : [listenUri])]
    .filter((uri) => !SOCKET_URI.test(uri) && !ONE_SIDED_URI.test(uri))
    .map(
      (uri) =>
        new RefusedError(
          'bad-migrate-uri',
          `"${uri}" is no migrate URI that QEMU takes: write it like tcp:10.77.0.2:4444 or unix:/run/migrate.sock`,
        ),
    );
  if (listenUri === undefined && ONE_SIDED_URI.test(migrateUri))
    findings.push(
      new RefusedError(
        'bad-migrate-uri',
        `"${migrateUri}" would be run or opened at both ends: state with --listen-uri what the destination is to use`,
      ),
    );
  return findings;
}

/** QEMU tells of a URI that it does not take only in words, which change between versions. */
const OF_A_URI = /\buri\b|unknown (migration )?protocol|resolv|\baddress\b|\bport\b|bind|socket/i;

/** @param desc QEMU's words for refusing `migrate` or `migrate-incoming` */
export function migrateRefusalCode(desc: string): RefusalCode {
  if (/block(ed|er|s)\b|does not support migration|not migratable|non-migratable/i.test(desc))
    return 'migration-blocked';
  return OF_A_URI.test(desc) ? 'bad-migrate-uri' : 'hypervisor-refused';
}
