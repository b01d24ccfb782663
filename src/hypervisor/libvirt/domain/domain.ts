/** A domain as its host knows it. */
import { type GuestFacts, RefusedError } from '../../hypervisor.ts';
import { askedPromptly, migrationMark } from '../../migration-mark.ts';
import { losesWritesUnder } from '../../qemu-rules/known-defects.ts';
import { type Access, REAL_ACCESS } from '../access.ts';
import { type DomainAddress, parseDomainAddress } from '../address.ts';
import { ask } from '../ask.ts';
import type { JobInfo } from '../virsh/job-info.ts';
import { jobAt } from './domain-job.ts';
import { sideLookOf } from './domain-state.ts';
import { type DomainDescription, parseDomainXml } from './domain-xml.ts';
import { versionsAtOnce, versionsOf } from './host-versions.ts';
import { type HostVersions, type Version, versionText } from './versions.ts';

export interface Domain extends DomainAddress {
  readonly uuid: string;
  readonly facts: GuestFacts;
  readonly xml: string;
  readonly description: DomainDescription;
  readonly versions: HostVersions;
  /** Its present job. */
  readonly job: JobInfo;
  /** When that job began, on the clock of whoever looked it up. */
  readonly jobBeganMs: number;
  /** The downtime limit in force, in milliseconds; undefined where libvirt does not tell. */
  readonly downtimeLimitMs: number | undefined;
  /** The bandwidth to which its migrations are capped; undefined: they are not. */
  readonly capBytesPerSecond: number | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Everything but its name is asked for by UUID: a name can look like anything, also like an option. virsh takes a
 * number for the id of a running domain first, whatever that one is called, so the name behind the answer is compared.
 * @throws {RefusedError} also `no-domain`, when virsh answers with another domain
 */
export async function uuidOf({ uri, domain }: DomainAddress, access = REAL_ACCESS): Promise<string> {
  if (UUID.test(domain)) return domain;
  const uuid = (await ask(uri, ['domuuid', `--domain=${domain}`], access)).trim();
  if (!UUID.test(uuid)) throw new Error(`virsh domuuid answered ${JSON.stringify(uuid)}`);
  if (/^\d+$/.test(domain)) {
    const name = (await ask(uri, ['domname', `--domain=${uuid}`], access)).replace(/\n+$/, '');
    if (name !== domain) throw anotherDomain(uri, domain, name);
  }
  return uuid;
}

function anotherDomain(uri: string, asked: string, found: string): RefusedError {
  return new RefusedError(
    'no-domain',
    `${uri}: virsh takes ${JSON.stringify(asked)} for another domain, which is called ${JSON.stringify(found)}: name the one that is meant by its UUID (\`virsh list --all --uuid --name\`)`,
  );
}

/** For this long a version is waited for by those who are in a hurry. */
const HURRIED_MS = 100;

/**
 * @param haste a migration is under way: what only decides whether one may start is left out
 * @throws {RefusedError}
 */
export async function lookUpDomain(vm: string, haste = false, access = REAL_ACCESS): Promise<Domain> {
  const address = parseDomainAddress(vm);
  const { uri } = address;
  await access.virsh.assertUsable();
  const uuid = await uuidOf(address, access);
  const asked = async (...args: readonly string[]) => await ask(uri, args, access);
  const domain = `--domain=${uuid}`;
  // The state behind the job, as in lookAtSide().
  const jobAndState = async () => {
    const job = await askedPromptly(access.clock, async () => await jobAt(uri, uuid, access));
    const jobBeganMs = access.clock.now() - (job.timeElapsedMs ?? 0);
    return { job, jobBeganMs, state: await asked('domstate', domain, '--reason') };
  };
  const [xml, { job, jobBeganMs, state }, versions, limit, speed] = await Promise.all([
    asked('dumpxml', domain),
    jobAndState(),
    haste ? versionsAtOnce(uri, HURRIED_MS, access) : versionsOf(uri, access),
    // Neither is told of a domain that is shut off.
    asked('migrate-getmaxdowntime', domain).catch(() => ''),
    asked('migrate-getspeed', domain).catch(() => ''),
  ]);
  const description = parseDomainXml(xml);
  if (!UUID.test(address.domain) && description.name !== address.domain)
    throw anotherDomain(uri, address.domain, description.name);
  const { type, migration } = job;
  const accelerator = description.type === 'qemu' ? 'tcg' : 'kvm';
  const side = sideLookOf(state, migration, 'source').state;
  const losesWrites =
    accelerator === 'tcg' && side !== 'gone' && !haste
      ? losesWritesUnder(accelerator, await ownQemu({ uri, uuid, versions }, access))
      : undefined;
  return {
    ...{ ...address, uuid, xml, description, versions, job, jobBeganMs },
    downtimeLimitMs: wholeNumberOf(limit),
    capBytesPerSecond: capOf(wholeNumberOf(speed) ?? 0),
    facts: {
      vm,
      name: description.name,
      uuid,
      hypervisor: `${named('QEMU', versions.qemu)} under ${named('libvirt', versions.libvirt)}`,
      accelerator,
      machineType: description.machineType,
      memoryBytes: description.memoryBytes,
      vcpus: description.vcpus,
      state: side,
      migrating: type === 'active' && migration !== undefined,
      mark:
        type === 'active' && migration === 'out'
          ? migrationMark(access.clock.now() - jobBeganMs, access.clock)
          : undefined,
      losesWrites,
    },
  };
}

/** @param answer of `virsh migrate-getmaxdowntime` or `migrate-getspeed` @returns undefined where that is none */
export function wholeNumberOf(answer: string): number | undefined {
  const text = answer.trim();
  return /^\d{1,20}$/.test(text) ? Number(text) : undefined;
}

/** libvirt's own default, 2^43 MiB/s, is as good as none. */
export function capOf(mebibytesPerSecond: number): number | undefined {
  const isCap = mebibytesPerSecond > 0 && mebibytesPerSecond < 2 ** 20;
  return isCap ? mebibytesPerSecond * 2 ** 20 : undefined;
}

/**
 * A guest may run on an older QEMU than the host starts now, so it is asked itself; libvirt marks a domain whose
 * monitor was used, hence only where the answer matters, and only to query.
 */
async function ownQemu(
  { uri, uuid, versions }: { uri: string; uuid: string; versions: HostVersions },
  { virsh }: Access,
): Promise<Version | undefined> {
  const query = ['qemu-monitor-command', `--domain=${uuid}`, '--cmd={"execute":"query-version"}'];
  const answer = await virsh.run(uri, query).catch(() => '');
  const part = (name: string) => Number(new RegExp(`"${name}":\\s*(\\d+)`).exec(answer)?.[1]);
  const version: Version = [part('major'), part('minor'), part('micro')];
  return version.some(Number.isNaN) ? versions.qemu : version;
}

function named(name: string, version: Version | undefined): string {
  return version ? `${name} ${versionText(version)}` : name;
}

export function notMigrating({ vm, state }: GuestFacts): RefusedError {
  const now = state === 'handed-over' ? 'its guest was handed over' : `its guest is ${state} there`;
  return new RefusedError('not-migrating', `no migration of ${vm} is under way; ${now}`);
}
