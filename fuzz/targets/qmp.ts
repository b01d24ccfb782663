/** What QEMU sends, or whoever stands in its place on the socket. */
import type { Clock } from '../../src/hypervisor/clock.ts';
import { pageWaitsOf } from '../../src/hypervisor/qemu/page-waits.ts';
import { connectQmp } from '../../src/hypervisor/qemu/qmp/client.ts';
import { QmpError } from '../../src/hypervisor/qemu/qmp/errors.ts';
import { LineSplitter, LineTooLongError } from '../../src/hypervisor/qemu/qmp/line-splitter.ts';
import { parseMessage } from '../../src/hypervisor/qemu/qmp/message.ts';
import type { QmpSocket } from '../../src/hypervisor/qemu/qmp/qmp-socket.ts';
import { faultOfReply, type Reply } from '../../src/hypervisor/qemu/qmp/replies.ts';
import { showBytes } from '../../src/hypervisor/qemu/qmp/show-bytes.ts';
import { capabilitiesOf } from '../../src/hypervisor/qemu-rules/start.ts';
import { hold, holdFigure, holdSentence, orRefused, orRejected } from '../hold.ts';
import type { Target } from '../target.ts';

const GREETING =
  '{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": "Debian 1:10.0.2"}, "capabilities": ["oob"]}}';
const ACCEPTED = '{"return": {}, "id": "qmp_capabilities"}';
const PASS =
  '{"timestamp": {"seconds": 1795378218, "microseconds": 729798}, "event": "MIGRATION_PASS", "data": {"pass": 2}}';
const STOP = '{"timestamp": {"seconds": -1, "microseconds": -1}, "event": "STOP"}';
/** `ID` is the id of the command that waits for an answer. */
const ANSWER = '{"return": {"status": "running", "running": true}, "id": "ID"}';
const REFUSAL = '{"id": "ID", "error": {"class": "CommandNotFound", "desc": "no such command"}}';

const WORDS = [
  ...['QMP', 'version', 'qemu', 'major', 'minor', 'micro', 'package', 'capabilities', 'oob', 'event', 'data'],
  ...['timestamp', 'seconds', 'microseconds', 'return', 'error', 'class', 'desc', 'id', 'ID', 'MIGRATION'],
  ...['STOP', 'GenericError', 'qmp_capabilities', '{', '}', '[', ']', ':', ',', '\r\n', '{"toString":1}'],
];

export const targets: readonly Target[] = [
  {
    name: 'qmp/lines',
    reads: 'bytes from a monitor, cut into lines',
    seeds: [`\x03${GREETING}\r\n${STOP}\n`, '\x01a\nb\r\n\nc', `\x7f${'x'.repeat(70)}\n`],
    words: ['\r\n', '\n', '\r'],
    // The first byte says how the rest is cut into chunks.
    check(input) {
      const stream = input.subarray(1);
      const step = 1 + ((input[0] ?? 0) & 0x1f);
      const chunks: Buffer[] = [];
      for (let at = 0; at < stream.length; at += step) chunks.push(stream.subarray(at, at + step));
      const whole = linesOf([stream]);
      const pieces = linesOf(chunks);
      hold(pieces.text === whole.text, 'lines are the same however the stream is cut', pieces.text);
      hold(pieces.tooLong === whole.tooLong, 'a line is too long however the stream is cut');
      const expected = stream.toString('latin1').split('\n');
      const ended = expected.slice(0, -1).map((line) => line.replace(/\r$/, ''));
      if (!whole.tooLong)
        hold(
          whole.text === [...ended, expected.at(-1)].join('\n'),
          'lines end with LF or CRLF, and hold the rest',
        );
    },
  },
  {
    name: 'qmp/message',
    reads: 'a line from a monitor',
    seeds: [
      GREETING,
      ACCEPTED,
      PASS,
      STOP,
      ANSWER,
      REFUSAL,
      '{"return": [], "id": 7}',
      'SSH-2.0-OpenSSH_9.2',
    ],
    words: WORDS,
    check(input) {
      const message = parseMessage(input);
      switch (message.kind) {
        case 'event':
          hold(typeof message.name === 'string', 'an event has a name');
          hold(typeof message.data === 'object' && message.data !== null, 'an event has data');
          holdFigure(message.timestampMs, 'the time of an event');
          break;
        case 'greeting': {
          const { major, minor, micro, package: suffix } = message.version;
          for (const part of [major, minor, micro])
            hold(Number.isSafeInteger(part) && part >= 0, 'a version has whole numbers', part);
          hold(typeof suffix === 'string', 'a package is text');
          break;
        }
        case 'error':
          hold(typeof message.errorClass === 'string', 'the class of an error is text');
          hold(typeof message.desc === 'string', 'the words of an error are text');
          break;
        case 'return':
        case 'invalid':
      }
      const words = showBytes(input);
      hold(/^"[\x20-\x7e]*"(\.\.\. \(\d+ bytes\))?$/.test(words), 'bytes are shown printable', words);
    },
  },
  {
    name: 'qmp/session',
    reads: 'a whole session with a monitor: greeting, answers, events',
    seeds: [
      ...[
        [GREETING, ACCEPTED, PASS, ANSWER],
        [GREETING, STOP, ACCEPTED, REFUSAL],
        ['(qemu) ', ''],
      ].map((lines) => lines.join('\r\n')),
      `${GREETING}\n${ACCEPTED}\n{"return": {}, "id": {"a": 1}}\n${ANSWER}\n`,
    ],
    words: WORDS,
    check: session,
    mostBytes: 8192,
  },
  {
    name: 'qmp/reply',
    reads: 'the command that was asked, and what QEMU answered to it',
    seeds: [
      'query-status {"status": "running", "running": true}',
      'query-migrate {"status": "active", "total-time": 1501, "expected-downtime": 300, "setup-time": 3, "cpu-throttle-percentage": 20, "ram": {"transferred": 9000, "remaining": 4096, "total": 67108864, "duplicate": 1, "normal": 2, "normal-bytes": 8192, "dirty-pages-rate": 0, "mbps": 941.2, "dirty-sync-count": 2, "page-size": 4096, "pages-per-second": 7, "precopy-bytes": 9000, "downtime-bytes": 0}}',
      'query-migrate {"status": "completed", "postcopy-blocktime": 3, "postcopy-vcpu-blocktime": [3, 4], "postcopy-latency": 51000}',
      'query-migrate-parameters {"downtime-limit": 300, "max-bandwidth": 134217728, "multifd-compression": "none", "tls-creds": ""}',
      'query-migrate-capabilities [{"capability": "events", "state": true}]',
      'query-dirty-rate {"status": "measured", "dirty-rate": -1}',
      'query-cpus-fast [{"cpu-index": 0, "thread-id": 4711}]',
      'query-name null',
    ],
    words: [
      '"ram"',
      '"status"',
      'null',
      '-1',
      '1e400',
      '0.5',
      '{}',
      '[]',
      '"9"',
      '__proto__',
      '{"toString":1}',
    ],
    check(input) {
      const text = input.toString();
      const space = text.indexOf(' ');
      const command = text.slice(0, space);
      const value = orRefused(() => JSON.parse(text.slice(space + 1)) as unknown, SyntaxError);
      const fault = faultOfReply(command, value);
      if (fault !== undefined) return holdSentence(fault, 300);
      if (command === 'query-migrate') holdFigures(value as Reply<'query-migrate'>);
    },
  },
  {
    name: 'qmp/driver',
    reads: 'answers and events of both QEMUs, as the driver does',
    seeds: [
      ...[
        [
          '{"side": "source", "of": "query-status", "is": {"status": "running", "running": true}}',
          '{"side": "destination", "of": "query-status", "nth": 2, "is": {"status": "inmigrate", "running": false}}',
          '{"side": "source", "of": "query-name", "is": {"name": "vm1"}}',
          '{"side": "source", "of": "query-memory-size-summary", "is": {"base-memory": 64000000, "plugged-memory": 0}}',
          '{"side": "source", "of": "query-kvm", "is": {"enabled": true, "present": true}}',
        ],
        [
          '{"side": "source", "of": "query-migrate", "nth": 3, "is": {"status": "active", "total-time": 1501, "cpu-throttle-percentage": 20, "ram": {"transferred": 9000, "remaining": 4096, "total": 67108864, "normal-bytes": 8192, "dirty-sync-count": 2}}}',
          '{"side": "source", "of": "MIGRATION_PASS", "is": {"pass": 2}}',
          '{"side": "source", "of": "MIGRATION", "nth": 2, "is": {"status": "active"}}',
        ],
        [
          '{"side": "source", "of": "query-migrate", "nth": 5, "is": {"status": "completed", "downtime": 120, "total-time": 900, "ram": {"transferred": 90000, "remaining": 0, "total": 67108864, "normal-bytes": 8192, "dirty-sync-count": 3}}}',
          '{"side": "source", "of": "query-status", "nth": 4, "is": {"status": "postmigrate"}}',
        ],
        [
          '{"side": "destination", "of": "query-migrate", "is": {"blocked-reasons": ["a device"], "socket-address": []}}',
          '{"side": "source", "of": "query-migrate-capabilities", "is": [{"capability": "events", "state": true}, {"capability": "multifd", "state": true}]}',
          '{"side": "destination", "of": "query-migrate-parameters", "is": {"downtime-limit": 300, "max-bandwidth": 134217728, "multifd-channels": 4, "tls-creds": ""}}',
          '{"side": "source", "of": "qom-list", "is": [{"name": "type", "type": "child<vfio-pci>"}]}',
          '{"side": "source", "of": "query-uuid", "is": {"UUID": "5f0c2b6e-9a1d-4d0b-8f57-2a1c6b3e9d10"}}',
        ],
      ].map((lines) => lines.join('\n')),
    ],
    words: [
      ...[
        'source',
        'destination',
        'nth',
        'is',
        'of',
        'null',
        '-1',
        '1e400',
        '0.5',
        'status',
        'ram',
        'total-time',
      ],
      ...[
        'query-status',
        'query-migrate',
        'query-kvm',
        'query-uuid',
        'qom-get',
        'migrate',
        'migrate-incoming',
      ],
      ...[
        'migrate-set-parameters',
        'migrate-set-capabilities',
        'qmp_capabilities',
        'stop',
        'cont',
        'STOP',
        'RESUME',
      ],
      ...[
        'MIGRATION',
        'MIGRATION_PASS',
        'SHUTDOWN',
        'setup',
        'active',
        'device',
        'pre-switchover',
        'completed',
      ],
      ...['failed', 'cancelling', 'cancelled', 'postcopy-active', 'postcopy-paused', 'wait-unplug', 'paused'],
      ...['finish-migrate', 'postmigrate', 'inmigrate', 'prelaunch', 'io-error', 'shutdown', '__proto__'],
    ],
    // Not loaded before: what is loaded is what coverage of the others would have to go through.
    check: async (input) => (await import('../drive.ts')).drive(input),
    mostBytes: 4096,
  },
  {
    name: 'qmp/capabilities',
    reads: "QEMU's list of what it can do",
    seeds: ['[{"capability": "events", "state": true}, {"capability": "multifd", "state": false}]', '[]'],
    words: ['capability', 'state', 'true', 'false', 'multifd', '__proto__', 'toString'],
    check(input) {
      const listed = orRefused(() => JSON.parse(input.toString()) as unknown, SyntaxError);
      if (!Array.isArray(listed) || !listed.every((each) => typeof each === 'object' && each !== null))
        return;
      const found = capabilitiesOf(listed);
      hold(found.size <= listed.length, 'there are no more than were listed');
      hold(found.get('no such') === undefined, 'nothing is on that was not listed');
    },
  },
];

/** Of an answer that may be gone by. */
function holdFigures(info: Reply<'query-migrate'>): void {
  const { ram, 'total-time': totalMs, downtime, 'cpu-throttle-percentage': throttlePercent } = info;
  for (const figure of [totalMs, downtime, throttlePercent]) holdFigure(figure, 'a figure of a migration');
  if (ram)
    for (const figure of [
      ram.transferred,
      ram.remaining,
      ram.total,
      ram['normal-bytes'],
      ram['dirty-sync-count'],
    ])
      holdFigure(figure, 'a figure of its memory');
  const { allBlockedMs, vcpuBlockedMs, pageLatencyMs } = pageWaitsOf(info);
  for (const figure of [allBlockedMs, pageLatencyMs, ...(vcpuBlockedMs ?? [])])
    holdFigure(figure ?? undefined, 'a time that was waited');
}

function linesOf(chunks: readonly Buffer[]): { readonly text: string; readonly tooLong: boolean } {
  const splitter = new LineSplitter(64);
  const lines: string[] = [];
  try {
    for (const chunk of chunks) for (const line of splitter.push(chunk)) lines.push(line.toString('latin1'));
    return { text: [...lines, splitter.unfinished.toString('latin1')].join('\n'), tooLong: false };
  } catch (error) {
    if (!(error instanceof LineTooLongError)) throw error;
    return { text: lines.join('\n'), tooLong: true };
  }
}

/** Time stands still until something waits for nothing else. */
class Patience implements Clock {
  private readonly waiting = new Set<() => void>();
  now = () => 0;
  uptimeMs = () => 0;
  awakeMs = () => 0;
  sleep = async (ms: number) => await new Promise<void>((resolve) => void this.after(ms, resolve));

  after(_ms: number, callback: () => void): () => void {
    this.waiting.add(callback);
    return () => this.waiting.delete(callback);
  }

  end(): void {
    for (const callback of [...this.waiting]) {
      this.waiting.delete(callback);
      callback();
    }
  }
}

/** Sends the lines of the input one by one, and hangs up. */
class Peer implements QmpSocket {
  private readonly lines: string[];
  private readonly listeners: { readonly event: string; readonly take: (argument: never) => void }[] = [];
  private id = '';
  private open = true;

  constructor(input: Buffer) {
    this.lines = input.toString('latin1').split('\n');
  }

  on(event: string, take: (argument: never) => void): void {
    this.listeners.push({ event, take });
  }

  write(text: string): void {
    this.id = String((JSON.parse(text) as { id: unknown }).id);
  }

  destroy(): void {
    if (!this.open) return;
    this.open = false;
    queueMicrotask(() => this.tell('close', undefined));
  }

  /** @returns whether there was one */
  send(): boolean {
    const line = this.lines.shift();
    if (line === undefined || !this.open) return false;
    this.tell('data', Buffer.from(`${line.replaceAll('"ID"', JSON.stringify(this.id))}\n`, 'latin1'));
    return true;
  }

  private tell(event: string, argument: unknown): void {
    for (const each of this.listeners) if (each.event === event) each.take(argument as never);
  }
}

async function session(input: Buffer): Promise<void> {
  const clock = new Patience();
  const peer = new Peer(input);
  let negotiating = true;
  const connecting = orRejected(
    async () => await connectQmp('/run/qmp', { clock, open: async () => peer }),
    QmpError,
  ).finally(() => {
    negotiating = false;
  });
  await turns();
  while (negotiating && peer.send()) await turns();
  clock.end();
  const client = await connecting;
  if (!client) return;
  const { version } = client;
  hold(Number.isFinite(version.major + version.minor + version.micro), 'a session has a version');
  for (const name of ['STOP', 'MIGRATION_PASS'])
    client.onEvent(name, ({ timestampMs }) => holdFigure(timestampMs, 'the time of an event'));
  const asking = orRejected(async () => await client.execute('query-status'), QmpError);
  while (peer.send()) await turns();
  clock.end();
  peer.destroy();
  await asking;
  const reason = await client.closed;
  hold(reason === undefined || reason instanceof QmpError, 'the end of a connection has a reason of its own');
}

/** What waits for nothing but its turn goes on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await undefined;
}
