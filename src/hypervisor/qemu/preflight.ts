/** What forbids a migration between two QEMUs, found before either is touched. */
import { formatBytes } from '../../model/units.ts';
import { type CheckOptions, type Destination, type GuestFacts, RefusedError } from '../hypervisor.ts';

/** @returns every finding, each a sentence with its remedy */
export function preflight(
  source: GuestFacts,
  destination: GuestFacts,
  target: Destination,
  options: CheckOptions,
): RefusedError[] {
  return [
    ...sourceFindings(source, options),
    ...destinationFindings(source, destination),
    ...uriFindings(target.migrateUri),
    ...(target.listenUri === undefined ? [] : uriFindings(target.listenUri)),
  ];
}

function sourceFindings(source: GuestFacts, options: CheckOptions): RefusedError[] {
  const findings: RefusedError[] = [];
  if (source.migrating)
    findings.push(
      new RefusedError(
        'already-migrating',
        `${source.vm} is migrating already: take it over with \`switchover attach ${source.vm}\`, or wait for its end`,
      ),
    );
  else if (source.state === 'handed-over')
    findings.push(
      new RefusedError(
        'not-running',
        `${source.vm} has handed its guest over to another QEMU: migrate it from where it runs now`,
      ),
    );
  else if (source.state !== 'running' && source.state !== 'paused')
    findings.push(
      new RefusedError(
        'not-running',
        `${source.vm} has no running guest (it is ${source.state}): nothing to migrate`,
      ),
    );
  if (source.losesWrites && !options.force)
    findings.push(
      new RefusedError(
        'loses-writes',
        `${source.losesWrites}; use QEMU 9.0 or newer, or KVM (--force migrates all the same)`,
      ),
    );
  return findings;
}

function destinationFindings(source: GuestFacts, destination: GuestFacts): RefusedError[] {
  if (destination.state !== 'incoming')
    return [
      new RefusedError(
        'destination-not-waiting',
        `${destination.vm} is not waiting for a migration (it is ${destination.state}): start that QEMU with -incoming defer`,
      ),
    ];
  const findings: RefusedError[] = [];
  if (source.machineType && destination.machineType && source.machineType !== destination.machineType)
    findings.push(
      new RefusedError(
        'different-machine',
        `the machine types differ: ${source.machineType} on the source, ${destination.machineType} on the destination; start the destination with -machine ${source.machineType}`,
      ),
    );
  if (source.memoryBytes !== destination.memoryBytes)
    findings.push(
      new RefusedError(
        'different-memory',
        `the memory sizes differ: ${mebibytes(source)} on the source, ${mebibytes(destination)} on the destination; start the destination with the source's -m`,
      ),
    );
  return findings;
}

function mebibytes({ memoryBytes }: GuestFacts): string {
  const mib = memoryBytes / 2 ** 20;
  return Number.isInteger(mib) ? `${mib} MiB` : `${formatBytes(memoryBytes)} (${memoryBytes} bytes)`;
}

function uriFindings(uri: string | undefined): RefusedError[] {
  if (uri === undefined)
    return [
      new RefusedError(
        'bad-migrate-uri',
        '--migrate-uri is needed: where the destination listens for the memory, like tcp:10.77.0.2:4444',
      ),
    ];
  const valid = /^tcp:.*:\d{1,5}$/.test(uri) || /^(unix|exec|fd|file|rdma|vsock):.+/.test(uri);
  if (valid) return [];
  return [
    new RefusedError(
      'bad-migrate-uri',
      `"${uri}" is no migrate URI that QEMU takes: write it like tcp:10.77.0.2:4444 or unix:/run/migrate.sock`,
    ),
  ];
}
