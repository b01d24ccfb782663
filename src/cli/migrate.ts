import type { Destination } from '../hypervisor/hypervisor.ts';
import { isQemuAddress } from '../hypervisor/vm-address.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { beginRun } from '../migration/begin.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { dryRun } from './dry-run.ts';
import { followRun } from './follow.ts';
import {
  assertNoLibvirtFlags,
  type HostOptions,
  type LibvirtFlags,
  libvirtDestination,
  type MigrateUriFlags,
  placeOf,
  type StreamFlags,
  streamsOf,
  virshMigrateOptions,
} from './hypervisor-of.ts';
import { assertUsage, type MigrationOptions, outputOf, settled } from './migration-options.ts';
import { Reporter } from './render/reporter.ts';
import { assertTlsFlags, streamTlsOf, type TlsFlags } from './tls-flags.ts';
import { UsageError } from './usage-error.ts';

export interface MigrateOptions
  extends MigrationOptions,
    HostOptions,
    LibvirtFlags,
    StreamFlags,
    TlsFlags,
    MigrateUriFlags {
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly destinationStartsItself?: boolean;
  readonly reason?: string;
  readonly correlationId?: string;
}

/** `switchover migrate VM DESTINATION`. @returns the exit status */
export async function migrate(vm: string, destinationText: string, options: MigrateOptions): Promise<number> {
  const output = outputOf(options);
  const reporter = new Reporter(output, options.quiet === true);
  assertUsage(options);
  assertTlsFlags(vm, options);
  const place = await placeOf(vm, options, virshMigrateOptions(options));
  const destination = destinationOf(vm, destinationText, options);
  const { limits, kind, problems, encryption } = settled(options, await place.libvirt?.describe(place.vm));
  const tls = streamTlsOf(options, encryption);
  for (const problem of problems) reporter.say(`warning: ${problem}`);
  const { hypervisor } = place;

  if (options.dryRun)
    return await dryRun({
      hypervisor,
      vm: place.vm,
      destination,
      checks: { ...startOptionsOf(kind, limits, options.force === true), tls },
      streams: streamsOf(options),
      limits,
      json: output !== 'text',
    });
  const wish = {
    vm: place.vm,
    destination,
    kind,
    limits,
    force: options.force === true,
    streams: streamsOf(options),
    tls,
    destinationStartsItself: options.destinationStartsItself,
    reason: options.reason,
    correlationId: options.correlationId,
  };
  const parts = {
    hypervisor,
    store: new FolderJournals(stateDirectory(options.stateDir)),
    initiator: initiatorHere(),
    show: reporter.take.bind(reporter),
    say: (sentence: string) => {
      if (!options.quiet) reporter.say(sentence);
    },
  };
  return await followRun(() => beginRun(wish, parts), reporter);
}

/** @throws {UsageError} when what belongs to libvirt meets a QEMU, or the other way round */
export function destinationOf(
  vm: string,
  text: string,
  options: HostOptions & LibvirtFlags & MigrateUriFlags & Pick<MigrateOptions, 'destinationStartsItself'>,
): Destination {
  if (!isQemuAddress(vm)) {
    if (options.destinationStartsItself)
      throw new UsageError(
        `--destination-starts-itself is for a QEMU without libvirt: ${vm} is a libvirt domain, whose destination always waits for libvirt's word; leave it out`,
      );
    return libvirtDestination(text, vm, options);
  }
  assertNoLibvirtFlags(vm, options);
  if (options.migrateUri === undefined)
    throw new UsageError(
      '--migrate-uri is needed: where the destination listens for the memory, like tcp:10.77.0.2:4444',
    );
  return { vm: text, migrateUri: options.migrateUri, listenUri: options.listenUri };
}
