/** Plans a drain for the command line: asks the hosts, and touches nothing. */
import { findConfig } from '../config/config-file.ts';
import type { PlannedDrain } from '../drain/document.ts';
import { mannerOf } from '../fleet/drain-settings.ts';
import { lookUpDomain } from '../hypervisor/libvirt/domain/domain.ts';
import { lookAtHost } from '../hypervisor/libvirt/host-look.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { type DrainParts, type DrainTo, type DrainWish, planDrainOf } from '../service/plan-drain.ts';
import { type DrainOptions, groupOf, mannerAsked, say, saying } from './drain-options.ts';
import { settled } from './migration-options.ts';

const LONGEST_PROBE_MS = 3000;
/** libvirt probes in whole seconds. */
const SHORTEST_PROBE_MS = 1000;

export interface DrainOf {
  readonly host: string;
  readonly to: readonly DrainTo[];
  readonly deadlineInMs: () => number | undefined;
}

/** @throws {RefusedError} where the host cannot be asked @throws {UsageError} */
export async function planned(
  { host, to, deadlineInMs }: DrainOf,
  options: DrainOptions,
): Promise<PlannedDrain> {
  const longestMs = options.probe ?? LONGEST_PROBE_MS;
  const told = new Set<string>();
  const wish: DrainWish = {
    ...{ host, to, deadlineInMs, reserveBytes: undefined },
    ...mannerOf(mannerAsked(options), findConfig(options.config)),
    apart: (options.apart ?? []).map(groupOf),
    force: options.force === true,
    probesMs: [SHORTEST_PROBE_MS, longestMs].filter((each, index) => index === 1 || each < longestMs),
  };
  const parts: DrainParts = {
    hypervisor: new LibvirtHypervisor(),
    store: new FolderJournals(stateDirectory(options.stateDir)),
    lookAtHost,
    lookUp: async (vm) => {
      const { facts, description } = await lookUpDomain(vm);
      const { metadata, metadataNamespaces } = description;
      return { facts, metadata, metadataNamespaces };
    },
    settingsOf: (domain) => {
      const { limits, kind, noticeMs, own, problems } = settled(options, domain);
      for (const problem of problems) if (!told.has(problem)) say(`warning: ${problem}`);
      for (const problem of problems) told.add(problem);
      return { limits, kind, noticeMs, ...own };
    },
    say: (sentence) => {
      if (!options.quiet) say(`drain: ${sentence}`);
    },
  };
  return await saying(async () => await planDrainOf(wish, parts));
}
