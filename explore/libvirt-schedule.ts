/** What is drawn for a migration under libvirt: faults of two libvirtds, of virsh and its events, and of the QEMUs below. */
import type {
  LibvirtAnswer,
  LibvirtFault,
  LibvirtIncident,
  LibvirtTrigger,
} from '../src/hypervisor/libvirt/testing/simulated/faults.ts';
import type { Fault, Incident, Trigger } from '../src/hypervisor/simulated/protocol/faults.ts';
import { Random, seedOf } from '../src/simulate/random.ts';
import {
  Draw,
  GUESTS,
  type Hand,
  hand,
  PLAIN,
  POLICIES,
  type Schedule,
  SIDES,
  VERSIONS,
} from './schedule.ts';

const PHASES = {
  source: ['begin3', 'perform3', 'perform3_done', 'confirm3', 'confirm3_cancelled'],
  destination: ['prepare', 'finish3'],
} as const;
const COMMANDS = [
  ...['domjobinfo', 'domstate', 'metadata', 'domuuid', 'dumpxml', 'version', 'migrate-getmaxdowntime'],
  ...['migrate-setmaxdowntime', 'domjobabort', 'migrate', 'resume', 'suspend', 'uri'],
  ...['migrate-getspeed', 'migrate-setspeed'],
];
const EVENTS = ['Suspended', 'Resumed', 'Stopped', 'iteration', 'job-completed'];
const NOT_UNDER_LIBVIRT: readonly Hand['do'][] = [
  'recover',
  'attach-to-another',
  'migrate-to-another',
  'address-taken',
];
const LASTS_MS = [50, 700, 5000, 35_000];
const LATE_MS = [5, 100, 1000];
const AFTER_MS = [0, 1, 2, 5, 50];
const WITHIN_MS = 4000;
const MOST_FAULTS = 3;
const MOST_HANDS = 3;

export function drawLibvirtSchedule(seed: number): Schedule {
  const draw = new Draw(new Random(seedOf(seed)));
  const hands = Array.from({ length: draw.upTo(MOST_HANDS) }, () => handOf(draw)).sort(
    (a, b) => a.atMs - b.atMs,
  );
  return {
    ...PLAIN,
    driver: 'libvirt',
    begin: draw.oneOf(['migrate', 'migrate', 'attach', 'attach, alone'] as const),
    guest: draw.oneOf(GUESTS),
    policy: draw.oneOf(POLICIES),
    version: draw.oneOf(VERSIONS),
    maxDowntimeMs: draw.oneOf([200, 1000, 5000]),
    overBudget: draw.oneOf(['abort', 'brake', 'leave'] as const),
    brake: draw.oneOf(['over-budget', 'when-it-pays'] as const),
    faults: Array.from({ length: draw.chance(0.3) ? 1 : 0 }, () => qemuFault(draw)),
    libvirt: {
      transient: draw.chance(0.4),
      faults: [
        ...Array.from({ length: draw.upTo(MOST_FAULTS) }, () => libvirtFault(draw)),
        ...(draw.chance(0.2) ? inTheLastPhase(draw) : []),
      ],
    },
    hands,
  };
}

/** Post-copy that stands still, and another VM, are not simulated under libvirt. */
function handOf(draw: Draw): Hand {
  const drawn = hand(draw);
  return NOT_UNDER_LIBVIRT.includes(drawn.do) ? { atMs: drawn.atMs, do: 'attach', to: true } : drawn;
}

/**
 * The source's libvirtd ends while it waits for the destination's word, which is when neither of them knows what the other
 * does; and the destination's, or its QEMU, about when that lets the guest run.
 */
function inTheLastPhase(draw: Draw): LibvirtFault[] {
  const source: LibvirtFault = {
    on: { phase: 'perform3_done', side: 'source' },
    ...{ do: 'libvirtd-killed', to: 'source', ms: draw.oneOf(LASTS_MS), afterMs: draw.oneOf([0, 1, 2, 3]) },
  };
  const on = { event: 'Resumed', side: 'destination' } as const;
  const destination: LibvirtFault = {
    on,
    ...{ do: draw.oneOf(['libvirtd-killed', 'libvirtd-hangs'] as const), to: 'destination' },
    ...{ ms: draw.oneOf(LASTS_MS), afterMs: draw.oneOf(AFTER_MS) },
  };
  const ends: LibvirtFault = { on, do: 'qemu-killed', to: 'destination', afterMs: draw.oneOf(AFTER_MS) };
  const unheard: LibvirtFault = { on, do: 'dies' };
  return [
    source,
    ...(draw.chance(0.5) ? [destination] : []),
    ...(draw.chance(0.3) ? [ends] : []),
    ...(draw.chance(0.3) ? [unheard] : []),
  ];
}

function libvirtFault(draw: Draw): LibvirtFault {
  const nth = 1 + draw.upTo(draw.chance(0.5) ? 1 : 12);
  switch (draw.upTo(3)) {
    case 0:
      return { on: { virsh: draw.oneOf(COMMANDS), side: draw.oneOf(SIDES) }, nth, ...virshAnswer(draw) };
    case 1:
      return {
        on: { event: draw.oneOf(EVENTS), side: draw.oneOf(SIDES) },
        nth: 1 + draw.upTo(2),
        ...(draw.chance(0.5) ? { do: 'dies' as const } : { do: 'delay' as const, ms: draw.oneOf(LATE_MS) }),
      };
    default:
      return { on: trigger(draw), nth: 1 + draw.upTo(1), ...incident(draw), afterMs: draw.oneOf(AFTER_MS) };
  }
}

function trigger(draw: Draw): LibvirtTrigger {
  const side = draw.oneOf(SIDES);
  switch (draw.upTo(3)) {
    case 0:
      return { event: draw.oneOf(EVENTS), side };
    case 1:
      return { atMs: 10 + draw.upTo(WITHIN_MS) };
    default:
      return { phase: draw.oneOf(PHASES[side]), side };
  }
}

export function virshAnswer(draw: Draw): LibvirtAnswer {
  const what = draw.oneOf(['delay', 'delay', 'error', 'never', 'lost', 'dies'] as const);
  return what === 'delay' ? { do: what, ms: draw.oneOf(LATE_MS) } : { do: what };
}

function incident(draw: Draw): LibvirtIncident {
  const to = draw.oneOf(SIDES);
  switch (draw.upTo(8)) {
    case 0:
    case 1:
    case 2:
      return { do: 'libvirtd-killed', to, ms: draw.oneOf(LASTS_MS) };
    case 3:
    case 4:
      return { do: 'libvirtd-hangs', to, ms: draw.oneOf(LASTS_MS) };
    case 5:
      return { do: draw.oneOf(['events-lost', 'qemu-killed'] as const), to };
    case 6:
      return { do: 'peer-cut', ms: draw.oneOf(LASTS_MS) };
    case 7:
      return { do: draw.oneOf(['peer-reset', 'virsh-migrate-ends'] as const) };
    default:
      return { do: 'suspended', to };
  }
}

function qemuFault(draw: Draw): Fault {
  return { on: qemuTrigger(draw), nth: 1, ...qemuIncident(draw) } as Fault;
}

function qemuTrigger(draw: Draw): Trigger {
  switch (draw.upTo(3)) {
    case 0:
      return { event: draw.oneOf(['STOP', 'RESUME', 'MIGRATION_PASS'] as const), side: draw.oneOf(SIDES) };
    case 1:
      return { stream: draw.oneOf(['last-byte', 'loaded'] as const) };
    case 2:
      return {
        command: draw.oneOf(['migrate', 'cont', 'migrate-continue', 'migrate_cancel'] as const),
        side: draw.oneOf(SIDES),
      };
    default:
      return { atMs: 10 + draw.upTo(WITHIN_MS) };
  }
}

function qemuIncident(draw: Draw): Incident {
  const to = draw.oneOf(SIDES);
  switch (draw.upTo(4)) {
    case 0:
      return { do: 'killed', to };
    case 1:
      return { do: 'hangs', to, ms: draw.oneOf([50, 700, 5000]) };
    case 2:
      return { do: draw.oneOf(['io-error', 'shut-down'] as const), to };
    default:
      return { do: draw.oneOf(['link-cut', 'link-back', 'link-reset'] as const) };
  }
}
