/** What virsh prints: libvirt's words, with names and reasons that other people chose. */
import { wholeNumberOf } from '../../src/hypervisor/libvirt/domain/domain.ts';
import { sideLookOf } from '../../src/hypervisor/libvirt/domain/domain-state.ts';
import { parseVersions, versionText } from '../../src/hypervisor/libvirt/domain/versions.ts';
import { JobFigures } from '../../src/hypervisor/libvirt/job-figures.ts';
import { destinationChange, sourceChange } from '../../src/hypervisor/libvirt/life-cycle.ts';
import { knownDomains, parseNodeMemory } from '../../src/hypervisor/libvirt/preflight/host-facts.ts';
import { EventLines } from '../../src/hypervisor/libvirt/virsh/event-lines.ts';
import { EventTime } from '../../src/hypervisor/libvirt/virsh/event-time.ts';
import { type JobInfo, parseJobInfo } from '../../src/hypervisor/libvirt/virsh/job-info.ts';
import {
  isNoDomain,
  isOutOfReach,
  isWithoutAnswer,
  refusalOf,
} from '../../src/hypervisor/libvirt/virsh/refusal.ts';
import { errorText, VirshError } from '../../src/hypervisor/libvirt/virsh/virsh.ts';
import { answerIn } from '../../src/hypervisor/libvirt/virsh/virsh-shell.ts';
import { RefusedError } from '../../src/hypervisor/refusal.ts';
import { hold, holdFigure } from '../hold.ts';
import type { Target } from '../target.ts';

const JOB = `Job type: 2

operation: 5
time_elapsed: 5006
downtime: 350
setup_time: 1
data_total: 537264128
data_processed: 21574505
memory_normal_bytes: 21000000
memory_total: 537264128
memory_remaining: 512077824
memory_bps: 59077486
memory_iteration: 1
auto_converge_throttle: 20
`;
const EVENTS = `2026-11-22 23:02:05.320+0000: event 'migration-iteration' for domain 'vm1': iteration: '2'
2026-11-22 23:02:06.052+0000: event 'lifecycle' for domain 'vm1': Suspended Migrated
2026-11-22 23:02:10.038+0000: event 'job-completed' for domain 'vm1':
\toperation: 5
\ttime_elapsed: 10809
\tdowntime: 87

2026-11-22 23:02:11.001+0000: event 'lifecycle' for domain 'it's: odd': Stopped Migrated
`;
const MARKER = '6f1c5b1e-0000-4000-8000-000000000001-1-answered';

export const targets: readonly Target[] = [
  {
    name: 'virsh/job-info',
    reads: '`virsh domjobinfo --rawstats`',
    seeds: [JOB, 'Job type: 0\n', 'Job type: 3\noperation: 4\nerrmsg: it failed\n'],
    words: ['Job type: ', 'operation: ', 'downtime: ', 'errmsg: ', 'memory_total: ', ...'012345', '\n'],
    check(input) {
      const job = parseJobInfo(input.toString());
      holdJob(job);
      const figures = new JobFigures(false).of(job);
      if (figures) for (const [name, figure] of Object.entries(figures)) holdFigure(figure, name);
    },
  },
  {
    name: 'virsh/events',
    reads: '`virsh event --all --loop --timestamp`',
    seeds: [EVENTS],
    words: [
      ...[
        "event 'lifecycle' for domain '",
        "': ",
        "event 'migration-iteration' for domain 'x': iteration: '",
        "'",
      ],
      ...[
        "event 'job-completed' for domain 'x':",
        '\n\t',
        '2026-13-45 99:99:99.999+0000: ',
        'Suspended ',
        'Stopped ',
      ],
    ],
    check(input) {
      const lines = new EventLines();
      const time = new EventTime({ now: () => 1e6, wall: () => 1_795_388_525_320 });
      const found = input
        .toString()
        .split('\n')
        .flatMap((line) => lines.take(line));
      for (const event of [...found, ...lines.flush()]) {
        hold(Number.isFinite(event.stampMs), 'an event has its time', event.stampMs);
        hold(Number.isFinite(time.of(event.stampMs)), 'an event has its time here');
        if (event.kind === 'job-completed') holdJob(event.job);
        if (event.kind === 'iteration') holdFigure(event.iteration, 'the number of a pass');
        if (event.kind === 'lifecycle') holdChange(event.change, event.detail);
      }
      hold(lines.flush().length === 0, 'what was told is not told again');
    },
  },
  {
    name: 'virsh/state',
    reads: "`virsh domstate --reason`, and an event's words for the same",
    seeds: [
      'running (booted)',
      'paused (migrating)\n\n',
      'shut off (migrated)',
      'paused (I/O error)',
      'no state',
    ],
    words: [
      ...[
        'running',
        'paused',
        'shut off',
        'in shutdown',
        'pmsuspended',
        'idle',
        'crashed',
        ' (',
        ')',
        'user',
      ],
      ...[
        'migrating',
        'post-copy failed',
        'destroyed',
        'constructor',
        'toString',
        '__proto__',
        'Suspended ',
        'Stopped ',
      ],
    ],
    check(input) {
      const text = input.toString();
      for (const migration of ['in', 'out', undefined] as const)
        for (const side of ['source', 'destination'] as const) {
          const { state, heldBy, guestEnded } = sideLookOf(text, migration, side);
          hold(typeof state === 'string', 'a side has a state');
          holdWords(heldBy, 'who holds the guest');
          holdWords(guestEnded, 'how the guest ended');
        }
      const [change = '', ...detail] = text.split(' ');
      holdChange(change, detail.join(' '));
    },
  },
  {
    name: 'virsh/errors',
    reads: 'what virsh complains of',
    seeds: [
      "error: Failed to get domain 'x'\nerror: Domain not found",
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/x': Connection refused\n",
      'error: Timed out during operation: cannot acquire state change lock',
      "error: cannot create '/dev/null/libvirt/virsh'\n",
      'ssh: connect to host host2 port 22: No route to host\r\nend\n',
    ],
    words: [
      'error: ',
      "'/dev/null/libvirt/virsh'",
      'Domain not found',
      'authentication failed',
      'port must be',
      '\n',
    ],
    check(input) {
      const said = errorText(input.toString());
      const error = new VirshError(said || 'virsh was ended');
      const refusal = refusalOf('qemu:///system', error);
      hold(refusal instanceof RefusedError, 'what virsh says is a refusal');
      // Each line of a refusal is told as a refusal of its own.
      hold(!/[\r\n]/.test(said), 'what virsh said went wrong is one line', said);
      hold(!(isNoDomain(error) && isOutOfReach(error)), 'a host that is out of reach knows no domain');
      hold(!isOutOfReach(error) || isWithoutAnswer(error), 'who is out of reach gives no answer');
    },
  },
  {
    name: 'virsh/answers',
    reads: "the two pipes of a virsh that stays, up to an answer's mark",
    seeds: [
      `Job type: 0\n${MARKER}\n\u0001error: ${MARKER}\n`,
      `virsh # domstate x\nrunning\nvirsh # echo --err ${MARKER}\nvirsh # ${MARKER}\n\u0001error: ${MARKER}`,
      `${MARKER}\u0001error: Disconnected from qemu:///system due to end of file\nerror: Reconnected to the hypervisor\nerror: ${MARKER}`,
      `${MARKER}\u0001error: failed to get domain 'x'\nerror: ${MARKER}`,
    ],
    words: [
      MARKER,
      'virsh # ',
      'virsh > ',
      'error: ',
      '\n',
      '\u0001',
      'error: Reconnected to the hypervisor\n',
    ],
    check(input) {
      const [stdout = '', stderr = ''] = input.toString().split('\u0001');
      const found = answerIn(stdout, stderr, { args: ['domstate', 'x'], marker: MARKER });
      const isWhole = new RegExp(`^(virsh [#>] )*${MARKER}`, 'm').test(stdout) && stderr.includes(MARKER);
      hold((found !== undefined) === isWhole, 'an answer is there when both its marks are');
      if (!found) return;
      hold(stdout.endsWith(found.rest.stdout), 'what follows an answer is kept');
      hold(stderr.endsWith(found.rest.stderr), 'what follows a complaint is kept');
      const told = found.answer ?? found.problem;
      hold(typeof told === 'string' && told === told.trim(), 'an answer is text');
    },
  },
  {
    name: 'virsh/host',
    reads: 'versions, memory, limits and domains of a host',
    seeds: [
      'Compiled against library: libvirt 11.3.0\nRunning hypervisor: QEMU 10.0.2\nRunning against daemon: 11.3.0\n',
      'total  :              8036160 KiB\nfree   :              5000000 KiB\nbuffers:  100 KiB\ncached : 200 KiB\n',
      '300\n',
      'vm1\nvm2\n\n\u0001b9a0c1c4\u0001b9a0c1c4\n',
    ],
    words: [
      'Running against daemon: ',
      'Running hypervisor: QEMU ',
      'free: ',
      'buffers: ',
      'cached: ',
      '.',
      '\n',
    ],
    check(input) {
      const text = input.toString();
      for (const version of Object.values(parseVersions(text)))
        if (version) {
          for (const part of version)
            hold(Number.isSafeInteger(part) && part >= 0, 'a version has whole numbers', part);
          hold(
            /^\d+\.\d+\.\d+$/.test(versionText(version)),
            'a version is told as one',
            versionText(version),
          );
        }
      holdFigure(parseNodeMemory(text)?.availableBytes, 'the memory of a host');
      holdFigure(wholeNumberOf(text), 'a limit');
      const [uuids = '', names = '', inactive = ''] = text.split('\u0001');
      for (const { uuid } of knownDomains(uuids, names, inactive) ?? [])
        hold(uuid !== '', 'a domain has a UUID');
    },
  },
];

function holdJob(job: JobInfo): void {
  const { type, migration, errorMessage, ...figures } = job;
  hold(['none', 'active', 'completed', 'failed', 'cancelled'].includes(type), 'a job has a type', type);
  for (const [name, figure] of Object.entries(figures)) holdFigure(figure, name);
  holdWords(errorMessage, 'why a job failed');
}

function holdChange(change: string, detail: string): void {
  for (const each of [sourceChange(change, detail), destinationChange(change, detail)]) {
    if (each.kind === 'held') holdWords(each.by, 'who holds the guest');
    if (each.kind === 'guest-ended') holdWords(each.words, 'how the guest ended');
  }
}

function holdWords(words: string | undefined, what: string): void {
  hold(words === undefined || typeof words === 'string', `${what} is text`, words);
}
