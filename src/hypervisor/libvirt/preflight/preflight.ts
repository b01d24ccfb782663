/**
 * What forbids a migration between two libvirt hosts, found before either is touched: all of it at once. Here
 * both are asked, with commands that only read; what the answers mean is decided in the files `check-….ts`.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RefusedError } from '../../hypervisor.ts';
import { REAL_ACCESS, type VirshWays } from '../access.ts';
import type { DomainDescription } from '../domain/domain-xml.ts';
import { type HostVersions, parseVersions } from '../domain/versions.ts';
import { type Answer, answerOf, valueIn } from '../virsh/answer.ts';
import { refusalOf } from '../virsh/refusal.ts';
import { checkDefects } from './check-defects.ts';
import { checkCpu, checkMachine, checkMemory, checkName, checkSameHost } from './check-destination.ts';
import { checkDisks } from './check-disks.ts';
import { checkHostDevices, checkObstacles, checkSnapshots } from './check-guest.ts';
import { checkMigrateUri } from './check-migrate-uri.ts';
import { checkVersions } from './check-versions.ts';
import { isLocalUri } from './connection-uri.ts';
import { defectGuestOf } from './defect-guest.ts';
import { type KnownDomain, knownDomains, parseHostUuid, parseNodeMemory } from './host-facts.ts';
import { locateDisks } from './locate-disks.ts';
import type { PreflightOptions } from './preflight-options.ts';
import { NOTHING, together, type Verdict } from './verdict.ts';

export interface PreflightParts {
  /** Both as this machine reaches them. */
  readonly sourceUri: string;
  readonly destinationUri: string;
  /** `virsh dumpxml` of the running domain. */
  readonly domainXml: string;
  readonly description: DomainDescription;
  /** The name it shall have on the destination. */
  readonly destinationName: string;
  readonly options: PreflightOptions;
}

/** What the verdict depends on, to know whether it was asked before: our own mark in the domain's metadata changes nothing. */
export function questionOf({ domainXml, description, ...parts }: PreflightParts): string {
  const { metadata, metadataNamespaces, ...described } = description;
  const xml = domainXml.replace(/\s*<metadata>[\s\S]*?<\/metadata>/, '');
  return JSON.stringify({ ...parts, description: described, domainXml: xml });
}

/** Never rejects: what cannot be found out is a finding or a note. */
export async function preflight(
  parts: PreflightParts,
  { virsh }: { readonly virsh: VirshWays } = REAL_ACCESS,
): Promise<Verdict> {
  const { sourceUri, destinationUri, description, options } = parts;
  const [source, destination] = await Promise.all([hello(sourceUri, virsh), hello(destinationUri, virsh)]);
  const destinationAnswers = valueIn(destination) !== undefined;
  const qemu = valueIn(source)?.qemu;
  const sourceIsLocal = isLocalUri(sourceUri);
  const hosts = { sourceUri, sourceIsLocal, destinationUri: destinationAnswers ? destinationUri : undefined };

  const verdicts = await Promise.all([
    unanswered(`the source ${sourceUri}`, source),
    unanswered(`the destination ${destinationUri}`, destination),
    destinationAnswers ? checkDestination(parts, virsh) : NOTHING,
    checkVersions(valueIn(source), valueIn(destination), options),
    checkDefects(valueIn(source), valueIn(destination), defectGuestOf(parts.domainXml), options),
    locateDisks(description.disks, hosts, virsh).then((places) => checkDisks(places, options, qemu)),
    checkHostDevices(description, options),
    checkObstacles(description),
    'value' in source ? snapshotsOf(parts, virsh).then(checkSnapshots) : NOTHING,
    checkWhereTo(parts, destinationAnswers, virsh),
  ]);
  return together(verdicts);
}

/** The first question to a host: when it fails, all others would. */
async function hello(uri: string, virsh: VirshWays): Promise<Answer<HostVersions>> {
  return await answerOf(virsh.ask(uri, ['version', '--daemon']).then(parseVersions));
}

function unanswered(host: string, answer: Answer<unknown>): Verdict {
  if ('value' in answer) return NOTHING;
  const refusal = refusalOf(host, answer.error);
  if (refusal instanceof RefusedError) return { findings: [refusal], notes: [] };
  const cause = answer.error;
  return {
    findings: [new RefusedError('hypervisor-refused', `${host}: ${answer.problem}`, { cause })],
    notes: [],
  };
}

async function checkDestination(parts: PreflightParts, virsh: VirshWays): Promise<Verdict> {
  const { sourceUri, destinationUri: uri, description, destinationName, options } = parts;
  const { type, arch, machineType, emulator } = description;
  const [sourceUuid, destinationUuid, domains, memory, machine, cpu] = await Promise.all([
    hostUuid(sourceUri, virsh),
    hostUuid(uri, virsh),
    answerOf(domainsOn(uri, virsh)),
    answerOf(virsh.ask(uri, ['nodememstats']).then(parseNodeMemory)),
    answerOf(
      virsh.ask(uri, [
        'domcapabilities',
        `--virttype=${type}`,
        `--arch=${arch}`,
        ...(machineType === undefined ? [] : [`--machine=${machineType}`]),
        // libvirt starts the emulator that the guest's XML names, on the destination as well.
        ...(emulator === undefined ? [] : [`--emulatorbin=${emulator}`]),
      ]),
    ),
    compareCpu(parts, virsh),
  ]);
  const sameHost = checkSameHost(sourceUuid, destinationUuid);
  if (sameHost !== NOTHING) return sameHost;
  const machineVerdict = checkMachine(machine);
  return together([
    checkName(description, destinationName, domains),
    checkMemory(description, memory, options),
    machineVerdict,
    // A host without such a machine has no CPU for it either: once is enough.
    machineVerdict.findings.length > 0 ? NOTHING : checkCpu(description, cpu, options),
  ]);
}

async function checkWhereTo(
  parts: PreflightParts,
  destinationAnswers: boolean,
  virsh: VirshWays,
): Promise<Verdict> {
  const { sourceUri, destinationUri, description, options } = parts;
  return await checkMigrateUri({
    migrateUri: options.migrateUri,
    force: options.force,
    tls: options.tls,
    memoryHardLimit: description.memoryHardLimit,
    sourceIsLocal: isLocalUri(sourceUri),
    hostname: destinationAnswers ? await answerOf(virsh.ask(destinationUri, ['hostname'])) : undefined,
  });
}

async function hostUuid(uri: string, virsh: VirshWays): Promise<Answer<string | undefined>> {
  return await answerOf(virsh.ask(uri, ['capabilities']).then(parseHostUuid));
}

/** In two lists, because not every virsh prints names and UUIDs together. */
async function domainsOn(uri: string, virsh: VirshWays): Promise<KnownDomain[] | undefined> {
  const [uuids, names, inactive] = await Promise.all([
    virsh.ask(uri, ['list', '--all', '--uuid']),
    virsh.run(uri, ['list', '--all', '--name']),
    virsh.ask(uri, ['list', '--inactive', '--uuid']),
  ]);
  return knownDomains(uuids, names, inactive);
}

async function snapshotsOf(
  { sourceUri, description }: PreflightParts,
  virsh: VirshWays,
): Promise<Answer<string[]>> {
  const names = virsh.run(sourceUri, ['snapshot-list', `--domain=${description.uuid}`, '--name']);
  return await answerOf(names.then((text) => text.split('\n').filter((line) => line.trim() !== '')));
}

/**
 * A guest with its host's own CPU would pass on every host, because its XML states no features. So the destination
 * is asked whether it has all that the source can give.
 */
async function compareCpu(parts: PreflightParts, virsh: VirshWays): Promise<Answer<string> | undefined> {
  const { sourceUri, destinationUri, domainXml, description } = parts;
  const { cpu, type, arch } = description;
  if (cpu === undefined) return undefined;
  const kind = [`--virttype=${type}`, `--arch=${arch}`];
  return await answerOf(
    (async () => {
      const xml = cpu === 'host' ? await virsh.ask(sourceUri, ['domcapabilities', ...kind]) : domainXml;
      return await withFile(xml, async (path) =>
        virsh.ask(destinationUri, ['hypervisor-cpu-compare', '--error', ...kind, `--file=${path}`]),
      );
    })(),
  );
}

/** virsh cannot read from its standard input here: Node makes that a socket, which /dev/stdin does not open. */
async function withFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'switchover-'));
  try {
    const path = join(folder, 'cpu.xml');
    await writeFile(path, text, { mode: 0o600 });
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
