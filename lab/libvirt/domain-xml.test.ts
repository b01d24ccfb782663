import { expect, test } from 'vitest';
import { domainXml, escapeXml } from './domain-xml.ts';

const SETTINGS = {
  name: 'vm1',
  uuid: '8e254e20-423a-476a-b8fb-80985a37b744',
  accelerator: 'tcg',
  workload: { kind: 'loop', wssMiB: 128 },
  memoryMiB: 512,
  image: { kernelPath: '/lab/kernel', initramfsPath: '/lab/initramfs' },
  cpuModel: 'qemu64',
  consolePath: '/lab/1.console',
  serialPath: '/lab/1.serial',
  serialLogPath: '/lab/1.serial.log',
  extraDevicesXml: '<watchdog model="i6300esb"/>',
} as const;

test('a name is text, whatever it holds', () => {
  expect(escapeXml(`-a "b" 'c' <d> & $(e); ü`)).toBe('-a &#34;b&#34; &#39;c&#39; &#60;d&#62; &#38; $(e); ü');
  expect(domainXml({ ...SETTINGS, name: '</name>' })).toContain('<name>&#60;/name&#62;</name>');
});

test('the workload is on the kernel command line, and extra devices are taken as they are', () => {
  const xml = domainXml(SETTINGS);
  expect(xml).toContain('rdinit=/init workload=loop wss_mib=128');
  expect(xml).toContain('<watchdog model="i6300esb"/>');
});

test.each([
  ['tcg', 'qemu'],
  ['kvm', 'kvm'],
] as const)('a guest on %s is a domain of type %s', (accelerator, type) => {
  expect(domainXml({ ...SETTINGS, accelerator })).toMatch(new RegExp(`^<domain type="${type}">`));
});
