/**
 * Plans the drain of a libvirt host as it is now: asks each running VM's pre-flight against each destination, probes those that
 * could leave one at a time, since probes beside each other disturb, and places and orders them. Touches nothing.
 */
import type { Domain } from '../config/config.ts';
import type { StartWhen } from '../drain/calm.ts';
import type { PlannedDrain } from '../drain/document.ts';
import { planDrain } from '../drain/drain-plan.ts';
import type { Destination, DrainVm, Reason } from '../drain/facts.ts';
import type { Order } from '../drain/order.ts';
import { objectionOf, stops, wayOfWord } from '../drain/own-word.ts';
import { DrainError } from '../drain/reduce.ts';
import { calmLookOf, whyUnknown } from '../fleet/calm-look.ts';
import { groupsOf, type VmSettings } from '../fleet/drain-settings.ts';
import { neverOpens, openingsOf } from '../fleet/drain-window.ts';
import { type LookedUp, obstaclesOf } from '../fleet/obstacles.ts';
import { type Hypervisor, RefusedError, type Destination as Target } from '../hypervisor/hypervisor.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import type { HostLook } from '../hypervisor/libvirt/host-look.ts';
import { foresee } from '../migration/foresee.ts';
import type { RunStore } from '../migration/run.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { formatDuration } from '../model/units.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { Random } from '../simulate/random.ts';
import { forecastOf } from './drain-forecast.ts';

export interface DrainTo {
  /** The libvirt URI, as the source reaches it. */
  readonly uri: string;
  readonly migrateUri: string | undefined;
}

export interface DrainWish {
  /** The libvirt URI of the host to be emptied. */
  readonly host: string;
  readonly to: readonly DrainTo[];
  readonly order: Order;
  readonly atATime: number;
  readonly reserveBytes: number | undefined;
  /** In how many milliseconds it is, asked when the plan is made; undefined: there is none. */
  readonly deadlineInMs: () => number | undefined;
  /** Times in which moves may begin, as they were written; undefined: at any time. */
  readonly windows?: readonly string[] | undefined;
  /** Names of VMs of which no two are to be on one host, a group each. */
  readonly apart: readonly (readonly string[])[];
  readonly force: boolean;
  readonly probesMs: readonly number[];
  /** Whether VMs that are busy wait for a calmer moment, and how long each may. */
  readonly startWhen?: StartWhen | undefined;
  readonly calmWithinMs?: number | undefined;
}

export interface DrainParts {
  readonly hypervisor: Hypervisor;
  readonly store: RunStore;
  lookAtHost(uri: string): Promise<HostLook>;
  /** @param vm its address */
  lookUp(vm: string): Promise<LookedUp>;
  settingsOf(domain: Domain): Omit<VmSettings, 'tls'>;
  /** What is being done, for whoever waits. */
  say(sentence: string): void;
}

/**
 * @throws {RefusedError} when the host that is to be emptied cannot be asked
 * @throws {DrainError} where its windows never open any more @throws {UnitError} where one is none
 */
export async function planDrainOf(wish: DrainWish, parts: DrainParts): Promise<PlannedDrain> {
  const { order, atATime, reserveBytes, host, windows } = wish;
  const openings = await openingsOf(windows, Date.now());
  if (windows && openings && !openings.at(0)) throw new DrainError(neverOpens(windows));
  parts.say(
    `looking at ${wish.host} and ${wish.to.length === 1 ? 'its destination' : `${wish.to.length} destinations`}`,
  );
  const source = await parts.lookAtHost(wish.host);
  const unreachable = new Map<string, string>();
  const looks = new Map<string, HostLook | undefined>();
  for (const { uri } of wish.to) looks.set(uri, await lookIfAny(uri, parts, unreachable));
  const vms: DrainVm[] = [];
  const unknown = new Map<string, string>();
  for (const [index, uuid] of source.active.entries()) {
    const at = `(${index + 1} of ${source.active.length})`;
    const vm = await vmOf(uuid, at, wish, parts, unknown);
    if (vm) vms.push(vm);
  }
  // Only who is to be kept apart from others is worth asking for.
  const isAnyApart = vms.some(({ apart }) => apart.length > 0);
  const destinations: Destination[] = [];
  for (const [uri, look] of looks)
    destinations.push(await destinationOf(uri, look, isAnyApart ? wish.apart : undefined, parts));
  // Looking took its time.
  const madeMs = Date.now();
  const random = new Random(vms.length);
  const plan = planDrain({
    ...{ link: host, vms, destinations, order, atATime, reserveBytes },
    deadlineMs: wish.deadlineInMs(),
    openings: await openingsOf(windows, madeMs),
    random: () => random.next(),
  });
  const calm = wish.startWhen === 'calm' ? { withinMs: wish.calmWithinMs } : undefined;
  return { host, madeMs, order, atATime, windows, plan, unknown, unreachable, shutOff: source.shutOff, calm };
}

async function lookIfAny(
  uri: string,
  parts: DrainParts,
  unreachable: Map<string, string>,
): Promise<HostLook | undefined> {
  try {
    return await parts.lookAtHost(uri);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    unreachable.set(uri, error.message);
    return undefined;
  }
}

async function destinationOf(
  uri: string,
  look: HostLook | undefined,
  apart: DrainWish['apart'] | undefined,
  parts: DrainParts,
): Promise<Destination> {
  const there: string[] = [];
  if (apart)
    for (const uuid of look?.active ?? []) {
      const found = await lookUpIfThere(domainAddress(uri, uuid), parts);
      if (!found) continue;
      const { facts, metadata } = found;
      const own = parts.settingsOf({ name: facts.name, metadata });
      there.push(...groupsOf(facts.name, apart), ...own.apart);
    }
  return {
    ...{ name: uri, link: uri, cordoned: false },
    freeBytes: look?.freeBytes,
    largestVmBytes: look?.largestBytes ?? 0,
    apart: there,
  };
}

/** @returns undefined where it has gone meanwhile */
async function lookUpIfThere(address: string, { lookUp }: DrainParts): Promise<LookedUp | undefined> {
  try {
    return await lookUp(address);
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'no-domain') return undefined;
    throw error;
  }
}

async function vmOf(
  uuid: string,
  at: string,
  wish: DrainWish,
  parts: DrainParts,
  unknown: Map<string, string>,
): Promise<DrainVm | undefined> {
  const address = domainAddress(wish.host, uuid);
  const found = await lookUpIfThere(address, parts);
  if (!found) return undefined;
  const { facts, metadata } = found;
  const { name, memoryBytes } = facts;
  const { limits, kind, noticeMs, maintenance: word, apart, priority } = parts.settingsOf({ name, metadata });
  const vm = { uuid, name, memoryBytes, word, priority, apart: [...groupsOf(name, wish.apart), ...apart] };
  const objection = objectionOf(word, name);
  const obstacles = [...obstaclesOf(found), ...(objection ? [objection] : [])];
  if (obstacles.length > 0 || stops(wayOfWord(word)))
    return { ...vm, obstacles, refusedBy: new Map(), forecast: undefined };

  parts.say(`${name} ${at}: its pre-flight`);
  const refusedBy = new Map<string, readonly Reason[]>();
  for (const to of wish.to) {
    const reasons = await refusalsOf(address, targetOf(to, name), limits, kind, wish.force, parts);
    if (reasons.length > 0) refusedBy.set(to.uri, reasons);
  }
  const open = wish.to.find(({ uri }) => !refusedBy.has(uri));
  if (!open) return { ...vm, obstacles, refusedBy, forecast: undefined };

  parts.say(`${name} ${at}: a probe of ${formatDuration(Math.max(...wish.probesMs))}`);
  const foreseen = await foresee(
    parts.hypervisor,
    { guest: facts, destination: targetOf(open, name), cap: limits.bandwidthBytesPerSecond },
    parts.store,
    { probesMs: wish.probesMs, resident: true },
  );
  const migrant = { running: facts.state === 'running', manager: 'libvirt' as const };
  const { plan, forecast } = await forecastOf({
    known: foreseen.known,
    migrant,
    kind,
    limits,
    atATime: wish.atATime,
  });
  const why = whyUnknown(plan, foreseen.probeRefusal);
  if (plan.verdict === 'not-known') unknown.set(uuid, why.words);
  const now = calmLookOf(plan, limits, why);
  return {
    ...{ ...vm, refusedBy, now },
    forecast: forecast && noticeMs > 0 ? { ...forecast, noticeMs } : forecast,
    obstacles: now.is === 'no-pause-fits' ? [now.reason] : [],
  };
}

function targetOf({ uri, migrateUri }: DrainTo, name: string): Target {
  return { vm: domainAddress(uri, name), peerUri: uri, migrateUri, listenUri: undefined };
}

async function refusalsOf(
  address: string,
  target: Target,
  limits: Limits,
  kind: PolicyKind,
  force: boolean,
  { hypervisor }: DrainParts,
): Promise<Reason[]> {
  const reasonOf = ({ code, message }: RefusedError): Reason => ({ code, words: message });
  try {
    const { findings } = await hypervisor.check(address, target, startOptionsOf(kind, limits, force));
    return findings.map(reasonOf);
  } catch (error) {
    if (error instanceof RefusedError) return [reasonOf(error)];
    throw error;
  }
}
