import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DomainXmlError, parseDomainXml } from './domain-xml.ts';

/** Recorded with `virsh dumpxml`, libvirt 11.3. */
const recorded = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}-domain.xml`, import.meta.url), 'utf8');

const defined = parseDomainXml(recorded('defined'));

function domain({ memory = '<memory>1</memory>', devices = '', rest = '' } = {}): string {
  return `<domain type="kvm"><name>vm1</name><uuid>u</uuid>${memory}<os><type arch="x86_64">hvm</type></os>${rest}<devices>${devices}</devices></domain>`;
}

describe('the XML of a domain', () => {
  it('tells what runs', () => {
    expect(parseDomainXml(recorded('running'))).toEqual({
      name: 'vm1',
      uuid: 'aaaaaaaa-2222-4333-8444-555555555555',
      type: 'qemu',
      memoryBytes: 512 * 2 ** 20,
      vcpus: 1,
      hugePages: false,
      memoryHardLimit: false,
      arch: 'x86_64',
      machineType: 'pc-i440fx-10.0',
      emulator: '/usr/bin/qemu-system-x86_64',
      cpu: 'stated',
      disks: [],
      hostDevices: [],
      obstacles: [],
      metadata: undefined,
      metadataNamespaces: [],
    });
  });

  it('has the vCPUs that are plugged in now, as far as it says', () => {
    const vcpus = (rest: string) => parseDomainXml(domain({ rest })).vcpus;
    expect(vcpus('<vcpu placement="static" current="2">8</vcpu>')).toBe(2);
    expect(vcpus('<vcpu>8</vcpu>')).toBe(8);
    expect(vcpus('')).toBeUndefined();
  });

  it('has names as people wrote them', () => {
    expect(defined.name).toBe(`-- vm "quoted' & <tag> ü`);
  });

  it('has our settings, and no others, whatever the prefix', () => {
    expect(defined.metadata).toEqual({ 'max-downtime': '2s', policy: 'mp' });
    const unprefixed = domain({
      rest: '<metadata><limits xmlns="urn:switchover:domain:1" class="big"/></metadata>',
    });
    expect(parseDomainXml(unprefixed).metadata).toEqual({ class: 'big' });
  });

  it('has every disk with what a migration asks of it', () => {
    const rows = defined.disks.map((disk) => [disk.target, disk.type, disk.source, disk.cache]);
    expect(rows).toEqual([
      ['vda', 'file', '/var/lib/libvirt/images/vm1.qcow2', 'writeback'],
      ['vdb', 'block', '/dev/mapper/vg-vm1', 'none'],
      ['vdc', 'network', 'pool/image', undefined],
      ['vdd', 'volume', 'default/data.img', undefined],
      ['vde', 'file', '/srv/shared/scratch.img', 'unsafe'],
      ['vdf', 'nvme', '0000:01:00.0', undefined],
      ['vdg', 'file', '/srv/t.img', undefined],
      ['sda', 'file', undefined, undefined],
      ['sdb', 'file', '/srv/iso/install.iso', undefined],
    ]);
    expect(defined.disks.filter(({ readOnly }) => readOnly).map(({ target }) => target)).toEqual([
      'sda',
      'sdb',
    ]);
    expect(defined.disks.filter(({ shareable }) => shareable).map(({ target }) => target)).toEqual(['vde']);
    expect(defined.disks.find(({ target }) => target === 'sdb')?.mayBeMissing).toBe(true);
    expect(defined.disks.find(({ target }) => target === 'vdc')?.protocol).toBe('rbd');
    expect(defined.disks.find(({ target }) => target === 'vdd')?.pool).toBe('default');
  });

  it('names the devices of the host, but none that QEMU unplugs by itself', () => {
    expect(defined.hostDevices).toEqual([
      { words: 'the PCI device 0000:65:00.1', usb: false },
      { words: 'the USB device 1050:0407', usb: true },
      { words: 'the mediated device c2177883-f1bb-47f0-914d-32a22e3a8804', usb: false },
      { words: 'the SCSI device scsi_host0 0:0:0', usb: false },
      { words: 'the PCI device 0000:3b:02.0 (network card 52:54:00:6d:90:02)', usb: false },
      { words: 'the folder /srv/share (virtiofs)', usb: false },
    ]);
  });

  it('tells what libvirt never migrates', () => {
    expect(defined.obstacles.map((sentence) => sentence.split(',')[0])).toEqual([
      'the disk vdg is transient',
      'the guest shares the memory "ivshmem0" with others on its host',
    ]);
  });

  it('knows a block job and an invariant time stamp counter', () => {
    const job = domain({ devices: '<disk type="file"><mirror job="copy"/><target dev="vda"/></disk>' });
    expect(parseDomainXml(job).obstacles).toEqual([
      expect.stringContaining('a block job works on the disk vda'),
    ]);
    const cpu = '<cpu mode="custom"><feature policy="require" name="invtsc"/></cpu>';
    expect(parseDomainXml(domain({ rest: cpu })).obstacles).toEqual([expect.stringContaining('invtsc')]);
    const clock = '<clock offset="utc"><timer name="tsc" frequency="2600000000"/></clock>';
    expect(parseDomainXml(domain({ rest: cpu + clock })).obstacles).toEqual([]);
  });

  it.each([
    ['<memory>2048</memory>', 2048 * 1024],
    ['<memory unit="b">4096</memory>', 4096],
    ['<memory unit="bytes">4096</memory>', 4096],
    ['<memory unit="KB">3</memory>', 3000],
    ['<memory unit="k">3</memory>', 3072],
    ['<memory unit="KiB">3</memory>', 3072],
    ['<memory unit="MB">3</memory>', 3e6],
    ['<memory unit="M">3</memory>', 3 * 2 ** 20],
    ['<memory unit="GiB"> 3 </memory>', 3 * 2 ** 30],
    ['<memory unit="G">3</memory>', 3 * 2 ** 30],
    ['<memory unit="TB">3</memory>', 3e12],
    ['<memory unit="TiB">3</memory>', 3 * 2 ** 40],
    ['<memory unit="PiB">1</memory>', 2 ** 50],
  ])('reads %s', (memory, bytes) => {
    expect(parseDomainXml(domain({ memory })).memoryBytes).toBe(bytes);
  });

  it.each([
    ['', 'missing root element'],
    ['error: failed to get domain', 'missing root element'],
    ['<domain type="kvm"><name>vm1</domain>', 'this is no XML of a libvirt domain'],
    ['<network><name>default</name></network>', 'it begins with <network>'],
    ['<domain type="kvm"/>', 'has no name'],
    [domain({ memory: '' }), 'has no memory'],
    [domain({ memory: '<memory unit="stones">3</memory>' }), 'no memory size: "3 stones"'],
    [domain({ memory: '<memory>much</memory>' }), 'no memory size: "much '],
  ])('refuses %s', (xml, words) => {
    expect(() => parseDomainXml(xml)).toThrow(DomainXmlError);
    expect(() => parseDomainXml(xml)).toThrow(words);
  });
});

describe('found by the fuzzer', () => {
  it('more memory than numbers are exact', () => {
    for (const amount of ['9'.repeat(400), '9007199254740993'])
      expect(() => parseDomainXml(domain({ memory: `<memory unit="b">${amount}</memory>` }))).toThrow(
        DomainXmlError,
      );
  });

  it('a PCI address that is none', () => {
    const device =
      "<hostdev type='pci'><source><address domain='0x0' bus='no' slot='0x1f' function='1e999'/></source></hostdev>";
    const { hostDevices } = parseDomainXml(domain({ devices: device }));
    expect(hostDevices.map(({ words }) => words)).toEqual(['the PCI device 0000:no:1f.1e999']);
  });
});
