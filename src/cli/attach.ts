import { domainAddress } from '../hypervisor/libvirt/address.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { takeOverRun } from '../migration/take-over.ts';
import { followRun } from './follow.ts';
import { type HostOptions, placeOf } from './hypervisor-of.ts';
import { assertUsage, type MigrationOptions, outputOf, settled } from './migration-options.ts';
import { Reporter } from './render/reporter.ts';
import { UsageError } from './usage-error.ts';

export interface AttachCliOptions extends MigrationOptions, HostOptions {
  readonly to?: string;
  readonly dname?: string;
  readonly recover?: boolean;
  readonly migrateUri?: string;
  readonly listenUri?: string;
  readonly reason?: string;
  readonly correlationId?: string;
}

/** `switchover attach VM`. @returns the exit status */
export async function attach(vmText: string, options: AttachCliOptions): Promise<number> {
  const reporter = new Reporter(outputOf(options), options.quiet === true);
  assertUsage(options);
  if (!options.recover && (options.migrateUri !== undefined || options.listenUri !== undefined))
    throw new UsageError(
      '--migrate-uri and --listen-uri say where post-copy goes on: they are for --recover',
    );
  const { hypervisor, vm, libvirt } = await placeOf(vmText, options);
  if (options.recover && libvirt)
    throw new UsageError(
      '--recover is for QEMUs without libvirt: libvirt does it by `virsh migrate --postcopy-resume`',
    );
  const { limits, kind, problems } = settled(options, await libvirt?.describe(vm));
  for (const problem of problems) reporter.say(`warning: ${problem}`);
  const wish = {
    vm,
    destination: libvirt && options.to ? domainAddress(options.to, options.dname ?? vmText) : options.to,
    kind,
    // The one who began it has chosen the bandwidth.
    limits: { ...limits, bandwidthBytesPerSecond: undefined },
    recover: options.recover ? { migrateUri: options.migrateUri, listenUri: options.listenUri } : undefined,
    mayEndOthers: options.overBudget !== undefined,
    reason: options.reason,
    correlationId: options.correlationId,
  };
  const parts = {
    hypervisor,
    store: new FolderJournals(stateDirectory(options.stateDir)),
    initiator: initiatorHere(),
    show: reporter.take.bind(reporter),
    goesOn: reporter.goOn.bind(reporter),
    say: (sentence: string) => reporter.say(sentence),
  };
  return await followRun(() => takeOverRun(wish, parts), reporter);
}
