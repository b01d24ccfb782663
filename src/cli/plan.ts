import { takesQuota } from '../hypervisor/cpu-quota/vcpu-quota.ts';
import {
  type CheckReport,
  type GuestFacts,
  type Hypervisor,
  RefusedError,
} from '../hypervisor/hypervisor.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { freeProcessorsHere } from '../migration/choose-streams.ts';
import { foresee } from '../migration/foresee.ts';
import { PROBE_MS } from '../migration/probe.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { compressing } from '../model/compression.ts';
import { shown } from '../model/shown.ts';
import { documentOf, type Planned } from '../plan/document.ts';
import { type PlanRequest, planOf, type Verdict } from '../plan/plan.ts';
import { PEER_NAMES } from '../policy/peers/peer-names.ts';
import { choosePolicy } from '../policy/policies.ts';
import { type Limits, withoutQuota } from '../policy/policy.ts';
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
import { planText } from './render/plan-text.ts';
import { changeInWords, verdictSentence } from './render/plan-words.ts';

export interface PlanOptions extends Omit<MigrationOptions, 'output'>, HostOptions, MigrateUriFlags {
  readonly dname?: string;
  readonly force?: boolean;
  readonly probe?: number;
  readonly svg?: string;
  readonly table?: boolean;
}

const LONGEST_PROBE_MS = 3000;

/** A third of each other: they are to show how what is dirty grows. The second is what a migration makes itself. */
const PROBES_MS = [100, PROBE_MS, 1000, 3000, 10_000, 30_000];

const COMPARED = [
  'forecast',
  'mp',
  'relaxed',
  'stock',
  'nova',
  'proxmox',
  'ovirt-minimal-downtime',
  'kubevirt',
];

const STATUS: Record<Verdict, number> = {
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
  const { limits: wanted, kind, problems } = settled(options, await place.libvirt?.describe(place.vm));
  for (const problem of problems) warn(problem);

  const { hypervisor } = place;
  const { guest, findings, notes } = destination
    ? await hypervisor.check(place.vm, destination, startOptionsOf(kind, wanted, options.force === true))
    : await inspected(hypervisor, place.vm);
  assertPlannable(guest);
  const limits = possibleFor(guest, wanted);
  const longestMs = options.probe ?? LONGEST_PROBE_MS;
  const foreseen = await foresee(
    hypervisor,
    { guest, destination, cap: limits.bandwidthBytesPerSecond },
    new FolderJournals(stateDirectory(options.stateDir)),
    { probesMs: [...PROBES_MS.filter((each) => each < longestMs), longestMs], resident: true },
  );
  const sample = await hypervisor.samplePages?.(guest);
  const request: PlanRequest = {
    known: foreseen.known,
    migrant: { running: guest.state === 'running', manager: place.libvirt ? 'libvirt' : 'qemu' },
    kind,
    limits,
    whatIf: options.table,
    compressing: sample && compressing(sample, freeProcessorsHere()),
    others: COMPARED.filter((name) => name !== kind.name).map((name) => choosePolicy(name)),
  };
  const made = await planOf(request);
  const planned: Planned = {
    guest,
    destination: destination?.vm,
    limits,
    foreseen,
    plan: made,
    findings,
    notes,
  };
  const words = documentOf(planned, verdictSentence(made, limits), made.waysOut.map(changeInWords));
  process.stdout.write(
    options.json ? `${JSON.stringify(words, null, 2)}\n` : planText(planned, new Set(PEER_NAMES)),
  );
  drawn?.write(await drawn.with.planPlot(planned, request, new Set(PEER_NAMES)));
  return findings.length > 0 ? EXIT.refused : STATUS[made.verdict];
}

/** Where that pays only a quota brakes, which an emulated guest does not get. */
function possibleFor({ accelerator }: GuestFacts, limits: Limits): Limits {
  if (limits.brake !== 'when-it-pays' || takesQuota(accelerator)) return limits;
  warn(
    'the guest is not braked where that pays: it is emulated, and would lose memory under a quota on its vCPU threads',
  );
  return withoutQuota(limits);
}

function warn(problem: string): void {
  standardError().write(`warning: ${shown(problem)}\n`);
}

async function inspected(hypervisor: Hypervisor, vm: string): Promise<CheckReport> {
  const guest = await hypervisor.inspect(vm);
  return { guest, findings: [], notes: guest.losesWrites ? [guest.losesWrites] : [] };
}

/** @throws {RefusedError} */
function assertPlannable({ name, state, migrating }: GuestFacts): void {
  if (migrating)
    throw new RefusedError(
      'already-migrating',
      `${name} is migrating already, and a plan is for a migration that has not begun: \`switchover attach\` follows this one`,
    );
  if (state !== 'running' && state !== 'paused')
    throw new RefusedError(
      'not-running',
      `${name} does not run there: it is ${state}, nothing is to be migrated`,
    );
}
