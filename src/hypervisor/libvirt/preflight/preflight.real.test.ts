import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LibvirtHost } from '../../../../lab/libvirt/libvirt-host.ts';
import { type LibvirtLab, openLibvirtLab } from '../../../../lab/libvirt/libvirt-lab.ts';
import { parseDomainXml } from '../domain/domain-xml.ts';
import { virsh } from '../virsh/virsh.ts';
import { preflight } from './preflight.ts';
import type { PreflightOptions } from './preflight-options.ts';

const OPTIONS: PreflightOptions = {
  copyStorage: 'none',
  unsafe: false,
  force: false,
  // Not tried, so that the test needs no part in the network of the hosts.
  migrateUri: 'unix:///run/migrate.sock',
  tls: false,
  postCopy: false,
  lineRateStated: false,
};
const RUNNING = readFileSync(new URL('../fixtures/running-domain.xml', import.meta.url), 'utf8');
const HOSTILE = `--all "quoted' & <tag> 1`;

let lab: LibvirtLab;
let host1: LibvirtHost;
let host2: LibvirtHost;

beforeAll(async () => {
  lab = await openLibvirtLab();
  [host1, host2] = lab.hosts;
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** Defines a domain and returns its XML as that host gives it. */
async function define(host: LibvirtHost, uuid: string, name: string, extra = '', cpu = ''): Promise<string> {
  const escaped = name.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const path = join(lab.folder, 'preflight.xml');
  const xml = `<domain type="qemu"><name>${escaped}</name><uuid>${uuid}</uuid><memory unit="MiB">64</memory>
<os><type arch="x86_64" machine="pc">hvm</type></os>
<cpu mode="custom" match="exact"><model>qemu64</model>${cpu}</cpu><devices>${extra}</devices></domain>`;
  await writeFile(path, xml);
  await host.virsh('define', path);
  return await virsh(host.uri, ['dumpxml', `--domain=${uuid}`]);
}

async function check(domainXml: string, options: Partial<PreflightOptions> = {}, destinationUri = host2.uri) {
  const description = parseDomainXml(domainXml);
  const { findings, notes } = await preflight({
    sourceUri: host1.uri,
    destinationUri,
    domainXml,
    description,
    destinationName: description.name,
    options: { ...OPTIONS, ...options },
  });
  return { codes: findings.map(({ code }) => code), text: findings.map(String).join('\n'), notes };
}

describe('the pre-flight between two libvirt hosts', () => {
  const uuid = '11111111-2222-4333-8444-555555555555';

  it('lets pass what can migrate', async () => {
    expect(await check(await define(host1, uuid, HOSTILE))).toEqual({ codes: [], text: '', notes: [] });
  });

  it('tells everything at once', async () => {
    const disk = '<disk type="file"><source file="/srv/vm1.img"/><target dev="vda"/></disk>';
    const device =
      '<hostdev mode="subsystem" type="pci"><source><address domain="0" bus="0x65" slot="0" function="0"/></source></hostdev>';
    const cpu = '<feature policy="require" name="hle"/>';
    const xml = await define(host1, uuid, HOSTILE, disk + device, cpu);
    await define(host2, '99999999-2222-4333-8444-555555555555', HOSTILE);
    const huge = xml.replace(/<memory unit='KiB'>\d+/, "<memory unit='TiB'>64");
    const { codes, text } = await check(huge, {
      migrateUri: 'nonsense',
      streams: { connections: 2, compression: 'none' },
    });
    expect(codes.toSorted()).toEqual([
      'bad-migrate-uri',
      'different-cpu',
      'host-device',
      'name-taken',
      'no-memory',
      'not-shared',
    ]);
    expect(text).toContain("lacks what the guest's has: hle;");
    await host2.virsh('undefine', '99999999-2222-4333-8444-555555555555');
  });

  it('knows the same domain by its UUID', async () => {
    const xml = await define(host1, uuid, HOSTILE);
    await define(host2, uuid, 'renamed');
    expect((await check(xml)).codes).toEqual(['name-taken']);
    await host2.virsh('undefine', uuid);
    await define(host2, uuid, HOSTILE);
    expect((await check(xml)).codes).toEqual([]);
    await host2.virsh('start', uuid);
    expect((await check(xml)).codes).toEqual(['name-taken']);
    await host2.virsh('destroy', uuid);
    await host2.virsh('undefine', uuid);
  });

  it('knows a machine that the destination lacks, by its type and by its emulator', async () => {
    const other = RUNNING.replace('pc-i440fx-10.0', 'pc-i440fx-99.9');
    expect((await check(other)).codes).toContain('different-machine');
    const elsewhere = RUNNING.replace('/usr/bin/qemu-system-x86_64', '/usr/libexec/qemu-kvm');
    expect((await check(elsewhere)).text).toContain('/usr/libexec/qemu-kvm');
  });

  it("compares the host's own CPU by what the source can give", async () => {
    const xml = RUNNING.replace(/<cpu.*<\/cpu>/s, "<cpu mode='maximum'/>");
    expect((await check(xml)).codes).not.toContain('different-cpu');
  });

  it('refuses the host itself', async () => {
    const xml = await define(host1, uuid, HOSTILE);
    expect((await check(xml, {}, host1.uri)).codes).toEqual(['bad-address']);
  });

  it('tells of the source although the destination does not answer', async () => {
    const disk = '<disk type="file"><source file="/srv/vm1.img"/><target dev="vda"/></disk>';
    const xml = await define(host1, uuid, HOSTILE, disk);
    const { codes } = await check(xml, { migrateUri: 'nonsense' }, 'qemu+tcp://127.0.0.1:1/system');
    expect(codes).toEqual(['unreachable', 'not-shared', 'bad-migrate-uri']);
  });
});
