/** What people type, and what the kernel and other controllers on this machine say. */
import { connectUri } from '../../src/cli/hypervisor-of.ts';
import {
  parseDowntimeMs,
  parseMaxDowntimeMs,
  parsePolicyOption,
  parseTimeoutMs,
} from '../../src/config/values.ts';
import { cpuHierarchy, pathIn } from '../../src/hypervisor/cpu-quota/cpu-group.ts';
import { domainAddress, parseDomainAddress } from '../../src/hypervisor/libvirt/address.ts';
import { isLocalUri } from '../../src/hypervisor/libvirt/preflight/connection-uri.ts';
import { fuseFileSystem } from '../../src/hypervisor/libvirt/preflight/file-system.ts';
import { parseMigrateUri } from '../../src/hypervisor/libvirt/preflight/migrate-uri.ts';
import { startOfMemory } from '../../src/hypervisor/page-sample.ts';
import { socketPath } from '../../src/hypervisor/qemu/monitor.ts';
import { residentOfMapping } from '../../src/hypervisor/qemu/resident-memory.ts';
import { RefusedError } from '../../src/hypervisor/refusal.ts';
import { parseSimulatedAddress, simulatedAddress } from '../../src/hypervisor/simulated/address.ts';
import { isQemuAddress } from '../../src/hypervisor/vm-address.ts';
import { isSameAddress } from '../../src/migration/address-side.ts';
import { decodeHolder, encodeHolder, holderInWords } from '../../src/migration/lease-holder.ts';
import { shown, shownLines } from '../../src/model/shown.ts';
import {
  formatBytes,
  formatDuration,
  formatRate,
  parseBytes,
  parseDurationMs,
  parsePercent,
  parseRate,
  spellDuration,
  spellRate,
  UnitError,
} from '../../src/model/units.ts';
import { hold, holdFigure, holdSentence, orRefused } from '../hold.ts';
import type { Target } from '../target.ts';

const HOLDER = encodeHolder({
  ...{ pid: 4711, user: 'root', command: 'switchover watch --connect qemu:///system' },
  since: '2026-11-27T06:00:00.000Z',
});
const MAPS =
  '7f0000000000-7f0020000000 rw-p 00000000 00:00 0 \n7f0020000000-7f0020001000 r--p 00000000 00:00 0 \n';
const SMAPS = `${MAPS}Size:             524288 kB\nKernelPageSize:        4 kB\nRss:              400000 kB\nPss:  1 kB\n`;
const MOUNTS =
  'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0\nhost:/v /srv/a\\040b fuse.glusterfs rw 0 0\n';
const MEMORY = 2 ** 29;

export const targets: readonly Target[] = [
  {
    name: 'text/units',
    reads: 'sizes, durations, rates and percentages',
    seeds: [
      '512M',
      '1.5GiB',
      '300ms',
      '2.5s',
      '10m',
      '90d',
      '480mbit',
      '10Gbit/s',
      '60MB/s',
      '5%',
      '0.000001 b',
    ],
    words: [
      'ms',
      's',
      'min',
      'h',
      'd',
      'kbit',
      'gbit',
      'bit',
      '/s',
      'TiB',
      'tb',
      'k',
      'b',
      '%',
      '.',
      '0',
      '9',
      ' ',
    ],
    check(input) {
      const text = input.toString();
      const bytes = orRefused(() => parseBytes(text), UnitError);
      hold(
        bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0),
        'a size is so many bytes',
        bytes,
      );
      const share = orRefused(() => parsePercent(text), UnitError);
      hold(share === undefined || (share >= 0 && share <= 1), 'a percentage is a share', share);
      const ms = orRefused(() => parseDurationMs(text), UnitError);
      holdFigure(ms, 'a duration');
      const rate = orRefused(() => parseRate(text), UnitError);
      hold(rate === undefined || (rate >= 1 && Number.isFinite(rate)), 'a rate is above zero', rate);
      for (const parse of [parseDowntimeMs, parseMaxDowntimeMs, parseTimeoutMs]) {
        const limit = orRefused(() => parse(text), UnitError);
        holdFigure(limit, 'a limit');
        hold(limit !== 0 || parse === parseDowntimeMs, 'a limit that must be above zero is');
      }
      const told = [
        bytes === undefined ? '' : formatBytes(bytes),
        ms === undefined ? '' : formatDuration(ms),
        rate === undefined ? '' : formatRate(rate),
      ];
      hold(!/NaN|Infinity|e\+/.test(told.join()), 'a quantity is told in figures', told.join());
      if (ms !== undefined) {
        const spelled = parseDurationMs(spellDuration(ms));
        hold(
          spelled >= ms * 0.999 && spelled <= ms * 1.001 + 1,
          'a duration is read as it is spelled',
          spellDuration(ms),
        );
      }
      // Rounded up the largest would be too large.
      if (rate !== undefined && rate < 1e15) {
        const spelled = parseRate(spellRate(rate));
        hold(
          spelled >= rate * 0.995 && spelled <= rate * 1.15,
          'a rate is read as it is spelled',
          `${rate}: ${spellRate(rate)}`,
        );
      }
    },
  },
  {
    name: 'text/addresses',
    reads: 'addresses of VMs and of their hosts',
    seeds: [
      'qmp:/run/vm1.sock',
      'qemu:///system#vm1',
      'sim:loop@destination',
      'qemu+ssh://root@host2/system#a#b',
      'vm1',
    ],
    words: [
      'qmp:',
      'sim:',
      '@destination',
      '#',
      '://',
      'qemu',
      '+ssh',
      '+unix',
      '/system',
      '?socket=',
      '/',
      '..',
      '[',
    ],
    check(input) {
      const text = input.toString();
      const domain = orRefused(() => parseDomainAddress(text), RefusedError);
      if (domain) hold(domainAddress(domain.uri, domain.domain) === text, 'a domain is at its address', text);
      const socket = orRefused(() => socketPath(text), RefusedError);
      if (socket !== undefined)
        hold(`qmp:${socket}` === text && isQemuAddress(text), 'a QEMU is at its address');
      const simulated = orRefused(() => parseSimulatedAddress(text), RefusedError);
      if (simulated)
        hold(
          simulatedAddress(simulated.name, simulated.side) === text,
          'a simulated guest is at its address',
          text,
        );
      hold(isSameAddress(text, text), 'an address is the same as itself');
      const other = text.toLowerCase();
      hold(
        isSameAddress(text, other) === isSameAddress(other, text),
        'two addresses are the same both ways round',
      );
      isLocalUri(connectUri({ connect: text }));
      const option = orRefused(() => parsePolicyOption(text), UnitError);
      if (option)
        hold(
          option.every((part) => part !== ''),
          'an option has a name and a value',
        );
    },
  },
  {
    name: 'text/migrate-uri',
    reads: 'where libvirt is to send the memory',
    seeds: [
      'tcp://10.77.0.2',
      'tcp:host2:49152',
      'rdma://[fe80::1]:4444',
      'unix:///run/migrate.sock',
      'tcp://0.0.0.0',
    ],
    words: [
      'tcp:',
      '//',
      'rdma',
      'unix',
      '[',
      ']',
      ':',
      '%',
      '@',
      '0.0.0.0',
      '::',
      '65536',
      '/',
      '?',
      '#',
      '\\',
    ],
    check(input) {
      const text = input.toString();
      const address = parseMigrateUri(text);
      if (typeof address === 'string') {
        hold(address.startsWith(`"${text}"`) || address.includes(`"${text}"`), 'what is wrong names the URI');
        return;
      }
      if (address.scheme === 'unix') {
        hold(address.path.startsWith('/'), 'a socket has a path from the root', address.path);
        return;
      }
      hold(address.host !== '' && !/[[\]\s]/.test(address.host), 'a host has a name', address.host);
      const { port } = address;
      hold(port === undefined || (port > 0 && port < 65_536), 'a port is one', port);
    },
  },
  {
    name: 'text/lease-holder',
    reads: 'who holds a lease, in the words of a process that may be anybody’s',
    seeds: [HOLDER, '{"pid": 1}'],
    words: [
      'pid',
      'user',
      'command',
      'since',
      '2026-11-27T06:00:00Z',
      '{',
      '}',
      '"',
      '\\u001b[2K',
      '\\u202e',
      '\\n',
    ],
    check(input) {
      const holder = decodeHolder(input.toString());
      const words = holderInWords(holder);
      holdSentence(words, 1300);
      hold(shown(words) === words, 'a holder is told printable', words);
      if (holder) hold(decodeHolder(encodeHolder(holder)) !== undefined, 'a holder is read as it is written');
    },
  },
  {
    name: 'text/shown',
    reads: 'anything, on its way to a terminal',
    seeds: ['vm1', 'a\u001b[2Kb\u202ec\u2028d\u009b31m\u{e0041}', '\ud800x'],
    words: ['\u001b]0;', '\u0007', '\u00ad', '\u200b', '\u2066', '\ufe0f', '\u{e0001}', '\n'],
    check(input) {
      for (const text of [input.toString(), input.toString('latin1'), input.toString('utf16le')]) {
        const line = shown(text);
        hold(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(line), 'what is shown is seen', line);
        hold(shown(line) === line, 'what is shown can be shown');
        hold(shownLines(text).split('\n').length === text.split('\n').length, 'lines stay lines');
      }
    },
  },
  {
    name: 'text/proc',
    reads: 'what the kernel tells in /proc',
    seeds: [SMAPS, MAPS, MOUNTS, '4:cpu,cpuacct:/machine\n0::/system.slice/a:b\n'],
    words: [
      'Size: 524288 kB\n',
      'Rss: 1 kB\n',
      ' rw',
      'cgroup2',
      'cgroup',
      'cpu',
      'fuse.glusterfs',
      '\\040',
      ':',
      '-',
    ],
    check(input) {
      const text = input.toString();
      const resident = residentOfMapping(text, MEMORY);
      holdFigure(resident, 'resident memory');
      hold(resident === undefined || resident <= MEMORY, 'no more is resident than there is', resident);
      holdFigure(startOfMemory(text, MEMORY), 'where memory begins');
      const hierarchy = cpuHierarchy(text);
      for (const version of ['v1', 'v2'] as const)
        hold(pathIn(text, { mount: hierarchy?.mount ?? '', version }) !== '\n', 'a path is on one line');
      hold(fuseFileSystem(text, '/srv/a b/x.img').sharing !== undefined, 'a file system is shared or is not');
    },
  },
];
