/** libvirt's XML, and what anybody who may change a domain writes into its metadata. */
import { parseConfig } from '../../src/config/parse-config.ts';
import { policyOf } from '../../src/config/settings.ts';
import { settingsFor } from '../../src/config/settings-for.ts';
import { DomainXmlError, parseDomainXml } from '../../src/hypervisor/libvirt/domain/domain-xml.ts';
import { XmlError } from '../../src/hypervisor/libvirt/domain/xml.ts';
import { decodeMark, encodeMark, judgeMark, markInWords } from '../../src/hypervisor/libvirt/lease-mark.ts';
import { placeByType } from '../../src/hypervisor/libvirt/preflight/disk-place.ts';
import { parseHostUuid } from '../../src/hypervisor/libvirt/preflight/host-facts.ts';
import { parsePool } from '../../src/hypervisor/libvirt/preflight/storage-pool.ts';
import { isSameMark, migrationMark } from '../../src/hypervisor/migration-mark.ts';
import { mayBrake } from '../../src/policy/policy.ts';
import { rampingManager } from '../../src/watch/ramping-manager.ts';
import { hold, holdFigure, holdPlain, holdSentence, orRefused } from '../hold.ts';
import { sample } from '../samples.ts';
import type { Target } from '../target.ts';

const FIXTURES = 'src/hypervisor/libvirt/fixtures';
const RUNNING = sample(`${FIXTURES}/running-domain.xml`);
const DEFINED = sample(`${FIXTURES}/defined-domain.xml`);
const METADATA = `<metadata><sw:limits xmlns:sw="urn:switchover:domain:1" class="batch" max-downtime="4s" policy="mp"
 policy-option="min-shrink=5%" ignore="no"/><nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"/></metadata>`;
const WITH_METADATA = RUNNING.replace('<vcpu', `${METADATA}<vcpu`);
const WITH_DEVICES = RUNNING.replace(
  '</devices>',
  `<disk type='file' device='disk'><source file='/a.img'/><target dev='vda'/><driver cache='none'/><mirror/></disk>
<disk type='nvme'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x1'/></source></disk>
<hostdev type='pci'><source><address domain='0x0' bus='0x65' slot='0x0' function='0x1'/></source></hostdev>
<hostdev type='usb'><source><vendor id='0x1234'/><product id='0xbeef'/></source></hostdev>
<interface type='hostdev'><mac address='52:54:00:00:00:01'/><source><address bus='0x3'/></source></interface>
<filesystem><driver type='virtiofs'/><source dir='/srv'/></filesystem><shmem name='x' role='peer'/></devices>`,
);

const WORDS = [
  ...[
    '<a>',
    '</a>',
    '<a/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '&b;',
    '&#x0;',
  ],
  ...[
    '&amp;',
    '<?xml version="1.0"?>',
    ' xmlns="urn:x"',
    ' xmlns:sw="urn:switchover:domain:1"',
    "<memory unit='",
  ],
  ...[
    'KiB',
    'GB',
    'e',
    'bytes',
    '<name>',
    '</name>',
    '<uuid>',
    'max-downtime',
    'policy',
    'class',
    '2000s',
    'brake',
  ],
  ...[
    'over-budget',
    'when-it-pays',
    'type=',
    'hostdev',
    'constructor',
    'domain',
    '0x',
    'post-copy',
    'mp',
    'yes',
  ],
];

const CONFIG = parseConfig(
  `[defaults]
max-downtime = "4s"
[ceilings]
max-downtime = "8s"
brake-for = "20s"
[[domain]]
name = ["db-*", "vm?"]
policy = "mp"
policy-option = { min-shrink = "10%" }
[[domain]]
class = "batch"
max-downtime = "30s"
`,
  'f.toml',
);

const HERE = { host: 'host1', bootId: '0b0e5dd6-4c0d-4e3c-9a57-1f0d6f3f4c11', network: 'net:[4026531840]' };
const MARK = encodeMark({
  ...HERE,
  id: '6a6f2b52-32f4-4f52-b7a1-5a2c9a0d1e33',
  ...{ pid: 4711, since: '2026-11-27T06:00:00.000Z', beat: 3 },
});

export const targets: readonly Target[] = [
  {
    name: 'xml/domain',
    reads: '`virsh dumpxml`',
    seeds: [RUNNING, DEFINED, WITH_METADATA, WITH_DEVICES],
    words: WORDS,
    check(input) {
      const domain = orRefused(() => parseDomainXml(input.toString()), DomainXmlError);
      if (!domain) return;
      hold(domain.name.trim() !== '' && domain.uuid !== '', 'a domain has a name and a UUID');
      hold(Number.isSafeInteger(domain.memoryBytes), 'memory is so many bytes', domain.memoryBytes);
      holdFigure(domain.memoryBytes, 'memory');
      holdPlain(domain);
      for (const disk of domain.disks) hold(placeByType(disk) !== null, 'a disk has a place');
      for (const words of [
        ...domain.hostDevices.map((device) => device.words),
        ...domain.disks.map(({ source }) => source ?? ''),
        ...domain.obstacles,
      ])
        hold(
          !/\bNaN\b|undefined|\[object/.test(words) || /NaN|undefined|\[object/.test(input.toString()),
          'devices have words',
          words,
        );
      rampingManager(domain.metadataNamespaces);
    },
  },
  {
    name: 'xml/settings',
    reads: "a domain's own settings, in its metadata",
    seeds: [WITH_METADATA, METADATA],
    words: WORDS,
    check(input) {
      const text = input.toString();
      const xml = text.includes('<domain') ? text : RUNNING.replace('<vcpu', `${text}<vcpu`);
      const domain = orRefused(() => parseDomainXml(xml), DomainXmlError);
      if (!domain) return;
      const { name, metadata } = domain;
      const { settings, problems } = settingsFor(
        CONFIG,
        metadata === undefined ? { name } : { name, metadata },
      );
      const { timeoutMs, bandwidthBytesPerSecond, lineRateBytesPerSecond, downtimeMs, maxDowntimeMs } =
        settings;
      for (const figure of [
        timeoutMs,
        bandwidthBytesPerSecond,
        lineRateBytesPerSecond,
        settings.stallTimeoutMs,
      ])
        holdFigure(figure, 'a setting');
      hold(downtimeMs <= maxDowntimeMs, 'settings do not contradict each other', downtimeMs);
      // The file itself gives a class more.
      const mostMs = metadata?.['class'] === 'batch' ? 30_000 : 8000;
      hold(maxDowntimeMs > 0 && maxDowntimeMs <= mostMs, 'no metadata goes beyond a ceiling', maxDowntimeMs);
      hold(!mayBrake(settings) || settings.brakeForMs <= 20_000, 'no brake goes beyond a ceiling');
      hold(policyOf(settings).name !== '', 'settings name a policy');
      const unknown = Object.keys(metadata ?? {}).filter((key) => !Object.hasOwn(KNOWN_METADATA, key));
      hold(
        unknown.every((key) => problems.some((problem) => problem.includes(key))),
        'an attribute that is not known is told',
        unknown.join(),
      );
      holdPlain(settings);
    },
  },
  {
    name: 'xml/host',
    reads: '`virsh capabilities` and `virsh pool-dumpxml`',
    seeds: ['capabilities', 'dir-pool', 'fs-pool', 'netfs-pool'].map((name) =>
      sample(`${FIXTURES}/${name}.xml`),
    ),
    words: [...WORDS, 'netfs', 'glusterfs', 'gfs2', 'rbd', '__proto__', 'toString'],
    check(input) {
      const text = input.toString();
      const uuid = orRefused(() => parseHostUuid(text), XmlError);
      hold(uuid === undefined || uuid !== '', 'a UUID is not empty');
      const pool = orRefused(() => parsePool(text), XmlError);
      const sharing: readonly unknown[] = ['shared', 'clustered', 'local', 'device', 'unknown'];
      hold(pool === undefined || sharing.includes(pool.sharing), 'a pool is shared or is not', pool?.sharing);
    },
  },
  {
    name: 'xml/lease-mark',
    reads: "another controller's mark in a domain's metadata",
    seeds: [MARK, MARK.replace('<lease', '<sw:lease xmlns:sw="urn:switchover:lease:1"'), '\n'],
    words: ['id="', 'host="', 'bootId="', 'network="net:[', 'pid="', 'since="', 'beat="', '"', ...WORDS],
    check(input) {
      const mark = decodeMark(input.toString());
      if (typeof mark === 'string') return;
      hold(
        JSON.stringify(decodeMark(encodeMark(mark))) === JSON.stringify(mark),
        'a mark is read as it is written',
      );
      holdSentence(markInWords(mark), 400);
      for (const figure of [mark.pid, mark.beat]) hold(Number.isSafeInteger(figure), 'a mark counts', figure);
      judgeMark([{ marked: mark, atMs: 0, migrating: false }], HERE);
    },
  },
  {
    name: 'xml/migration-mark',
    reads: 'by what a migration is known again, out of a journal',
    seeds: [migrationMark(0), `${migrationMark(0)}\u0001${migrationMark(5000)}`],
    words: ['@', '-', '\u0001', '0'],
    check(input) {
      const [one = '', other = one] = input.toString().split('\u0001');
      hold(
        isSameMark(one, other) === isSameMark(other, one),
        'two marks are of one migration both ways round',
      );
      hold(!isSameMark(one, '') && !isSameMark('', ''), 'no mark is none of a migration');
    },
  },
];

const KNOWN_METADATA = {
  ...{
    class: 1,
    policy: 1,
    'policy-option': 1,
    downtime: 1,
    'max-downtime': 1,
    timeout: 1,
    'stall-timeout': 1,
  },
  ...{ 'line-rate': 1, bandwidth: 1, 'over-budget': 1, brake: 1, 'brake-for': 1, ignore: 1 },
};
