import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { shown } from '../model/shown.ts';
import { documentOf } from '../plan/document.ts';
import type { Verdict } from '../plan/plan.ts';
import { planText } from '../plan/plan-text.ts';
import { PEER_NAMES } from '../policy/peers/peer-names.ts';
import { planVm } from '../service/plan-vm.ts';
import { EXIT } from './exit-status.ts';
import {
  assertNoLibvirtFlags,
  type HostOptions,
  type MigrateUriFlags,
  placeOf,
  virshMigrateOptions,
} from './hypervisor-of.ts';
import { destinationOf } from './migrate.ts';
import { assertUsage, type MigrationOptions, settled } from './migration-options.ts';
import { standardError } from './output/standard.ts';
import { pictureAt } from './picture-file.ts';

export interface PlanOptions extends Omit<MigrationOptions, 'output'>, HostOptions, MigrateUriFlags {
  readonly dname?: string;
  readonly force?: boolean;
  readonly probe?: number;
  readonly svg?: string;
  readonly table?: boolean;
}

const BY_VERDICT: Record<Verdict, number> = {
  converges: EXIT.migrated,
  'memory-intensive': EXIT.migrated,
  'not-possible': EXIT.gaveUp,
  'not-known': EXIT.refused,
};

/** `switchover plan VM [DESTINATION]`. @returns the exit status */
export async function plan(
  vm: string,
  destinationText: string | undefined,
  options: PlanOptions,
): Promise<number> {
  assertUsage(options);
  const { svg } = options;
  const drawn = svg === undefined ? undefined : await pictureAt(svg, () => import('./render/plan-plot.ts'));
  assertNoLibvirtFlags(vm, options);
  const place = await placeOf(vm, options, virshMigrateOptions(options));
  const destination = destinationText === undefined ? undefined : destinationOf(vm, destinationText, options);
  const { limits, kind, problems } = settled(options, await place.libvirt?.describe(place.vm));
  for (const problem of problems) warn(problem);

  const { planned, request } = await planVm(
    {
      vm: place.vm,
      destination,
      manager: place.libvirt ? 'libvirt' : 'qemu',
      kind,
      limits,
      force: options.force === true,
      longestProbeMs: options.probe,
      whatIf: options.table,
    },
    place.hypervisor,
    new FolderJournals(stateDirectory(options.stateDir)),
    warn,
  );
  process.stdout.write(
    options.json
      ? `${JSON.stringify(documentOf(planned), null, 2)}\n`
      : planText(planned, new Set(PEER_NAMES)),
  );
  drawn?.write(await drawn.with.planPlot(planned, request, new Set(PEER_NAMES)));
  return planStatusOf({ findings: planned.findings, verdict: planned.plan.verdict });
}

export function planStatusOf({
  findings,
  verdict,
}: {
  readonly findings: readonly unknown[];
  readonly verdict: Verdict;
}): number {
  return findings.length > 0 ? EXIT.refused : BY_VERDICT[verdict];
}

function warn(problem: string): void {
  standardError().write(`warning: ${shown(problem)}\n`);
}
