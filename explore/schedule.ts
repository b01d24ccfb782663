/**
 * What one exploration does, as plain data: the same seed draws the same schedule, and the same schedule runs the same
 * way, to the last message.
 */
import type { Side } from '../src/hypervisor/hypervisor.ts';
import type { LibvirtFault } from '../src/hypervisor/libvirt/testing/simulated/faults.ts';
import type { QemuVersion } from '../src/hypervisor/qemu-rules/version.ts';
import type { Fault, Trigger } from '../src/hypervisor/simulated/protocol/faults.ts';
import type { BrakeTime, OverBudgetAction } from '../src/policy/policy.ts';
import { Random, seedOf } from '../src/simulate/random.ts';

/** How a migration between two QEMUs comes about. */
export const BEGINS = [
  /** `migrate`; the destination waits for our word. */
  'migrate',
  /** `migrate --destination-starts-itself` */
  'migrate, starts itself',
  /** Somebody else begins it, and `attach --to` follows. */
  'attach',
  /** The same, and nobody says where it goes. */
  'attach, alone',
] as const;

/** `watch`: somebody else begins it while a watch runs, which follows libvirt's hosts only. */
type Begin = (typeof BEGINS)[number] | 'watch';

export const GUESTS = ['calm', 'busy'] as const;
export const POLICIES = ['stock', 'mp', 'forecast'] as const;
export const OTHER_VMS = ['running', 'paused', 'waiting'] as const;
export const QUOTAS = ['none', 'guarded', 'unguarded'] as const;
export const FAULTS_END_MS = [12_000, 40_000] as const;
/**
 * From then on nobody does anything, until whoever still drives lets go. After the longest everything has come to rest by
 * then; else some of it is still on its way, which is a moment to let go in, too.
 */
export const NOBODY_ACTS_MS: Readonly<Record<(typeof FAULTS_END_MS)[number], number>> = {
  12000: 3000,
  40000: 15_000,
};
/** The last is the length of a sea cable. */
export const WAYS_MS = [0, 3, 25, 120] as const;
export const VERSIONS = ['8.1', '9.0', '10.0', '11.1'] as const;

/** What a person, the kernel or the machine does to switchover itself. */
export type Hand = { readonly atMs: number } & (
  | { readonly do: 'cancel' | 'let-go' | 'kill' }
  | { readonly do: 'freeze' | 'disk-full' | 'disk-slow'; readonly ms: number }
  /** Another controller, with the destination's address or without. */
  | { readonly do: 'attach'; readonly to: boolean }
  | { readonly do: 'migrate' }
  /** Another `switchover watch` is started, as systemd does after a kill. */
  | { readonly do: 'watch' }
  /** By the address of another VM. */
  | { readonly do: 'attach-to-another' | 'migrate-to-another' }
  /** By an address of ours another VM is reached, where that can be. */
  | { readonly do: 'address-taken'; readonly side: Side; readonly ms: number }
  /** `attach --to --recover`: whatever stands still, or does not. */
  | { readonly do: 'recover' }
  /** Of the migration that is followed, while it runs. Null: no cap. */
  | { readonly do: 'cap'; readonly bytesPerSecond: number | null }
  | { readonly do: 'limits'; readonly maxDowntimeMs: number }
  | { readonly do: 'switch-over' }
);

/** What only a migration under libvirt has. */
interface LibvirtPart {
  /** The source has no definition of the VM: it is gone from there once it does not run. */
  readonly transient: boolean;
  /** Of the libvirtds, of virsh and of its events. */
  readonly faults: readonly LibvirtFault[];
}

export interface Schedule {
  readonly driver: 'qemu' | 'libvirt';
  readonly libvirt: LibvirtPart;
  readonly begin: Begin;
  readonly guest: (typeof GUESTS)[number];
  readonly policy: (typeof POLICIES)[number];
  readonly version: (typeof VERSIONS)[number];
  readonly maxDowntimeMs: number;
  readonly overBudget: OverBudgetAction;
  readonly brake: BrakeTime;
  /** `--tls`, with certificates on both hosts. */
  readonly tls: boolean;
  /** Another VM on a third QEMU: how it stands. */
  readonly otherVm: (typeof OTHER_VMS)[number];
  /** On the source's vCPUs: whether they can be set, and whether a guard undoes them when a controller is killed. */
  readonly quotas: (typeof QUOTAS)[number];
  /** Sides whose process cannot be seen, so that its end is proved by nothing. */
  readonly behindTunnel: readonly Side[];
  /** How far away monitors and libvirtds are from switchover, one way; 0: on its machine. */
  readonly wayMs: (typeof WAYS_MS)[number];
  readonly faults: readonly Fault[];
  readonly hands: readonly Hand[];
  /** Until then everything goes as the schedule says. In the longest, a reconnection, a cancel and a standstill all end. */
  readonly faultsEndMs: (typeof FAULTS_END_MS)[number];
}

/** Of the QEMUs at both ends. */
export function qemuVersionOf({ version }: Schedule): QemuVersion {
  const [major = 10, minor = 0] = version.split('.').map(Number);
  return { major, minor, micro: 0, package: '' };
}

/** What is common and simple, and no fault: one that fails with it says more than one that needs something else. */
export const PLAIN: Schedule = {
  driver: 'qemu',
  libvirt: { transient: false, faults: [] },
  begin: 'migrate',
  guest: 'calm',
  policy: 'stock',
  version: '10.0',
  maxDowntimeMs: 5000,
  overBudget: 'abort',
  brake: 'over-budget',
  tls: false,
  otherVm: 'running',
  quotas: 'none',
  behindTunnel: [],
  wayMs: 0,
  faults: [],
  hands: [],
  faultsEndMs: 40_000,
};

export const SIDES = ['source', 'destination'] as const;
const COMMANDS = [
  ...[
    'query-status',
    'query-migrate',
    'query-uuid',
    'query-migrate-parameters',
    'query-migrate-capabilities',
  ],
  ...['migrate-set-parameters', 'migrate-set-capabilities', 'migrate', 'migrate-incoming'],
  ...['migrate_cancel', 'migrate-start-postcopy', 'stop', 'cont', 'yank'],
];
const EVENTS = ['STOP', 'RESUME', 'MIGRATION', 'MIGRATION_PASS'];
const COMMAND_ANSWERS = ['delay', 'delay', 'error', 'never', 'lost', 'drop', 'garbled'] as const;
/** The last is a list in which everything is left out; the others are of the kind of no answer that is read. */
const GARBLED = [null, 'much', 7, []];
const EVENT_ANSWERS = ['delay', 'delay', 'drop'] as const;
const LASTS_MS = [50, 700, 5000, Number.POSITIVE_INFINITY];
const BOUNDED_MS = [50, 700, 5000];
/** Within which faults and hands come: a migration takes a few seconds. */
const WITHIN_MS = 4000;
/** About when a guest is stopped for the switchover, which is when most can go wrong: a calm one, a busy one. */
const STOPS_MS = [1030, 1280, 1450, 1860];
const MOST_FAULTS = 4;
const MOST_HANDS = 3;

export function drawQemuSchedule(seed: number): Schedule {
  const draw = new Draw(new Random(seedOf(seed)));
  const begin = draw.oneOf(BEGINS);
  const taken = draw.chance(0.05);
  const hands = [
    ...Array.from({ length: draw.upTo(MOST_HANDS) }, () => hand(draw)),
    ...(draw.chance(0.05) ? ctrlCTwice(draw) : []),
    ...(draw.chance(0.05) ? [frozenAsItStops(draw)] : []),
    ...(taken ? takenWhileAttaching(draw) : []),
  ].sort((a, b) => a.atMs - b.atMs);
  const cancels = hands.some((each) => each.do === 'cancel');
  const overBudget = draw.oneOf(['abort', 'brake', 'post-copy', 'leave'] as const);
  return {
    ...PLAIN,
    begin,
    ...pace(overBudget, draw),
    version: draw.oneOf(VERSIONS),
    overBudget,
    brake: draw.oneOf(['over-budget', 'when-it-pays'] as const),
    tls: draw.chance(0.2),
    otherVm: draw.oneOf(OTHER_VMS),
    quotas: draw.oneOf(QUOTAS),
    behindTunnel: SIDES.filter(() => taken || draw.chance(0.25)),
    faults: [
      ...Array.from({ length: draw.upTo(MOST_FAULTS) }, () => fault(draw)),
      ...(cancels && draw.chance(0.3) ? [lateFence(begin, draw)] : []),
      ...(overBudget === 'post-copy' && draw.chance(0.5) ? [lostInPostCopy(draw)] : []),
      ...(begin.startsWith('migrate') && draw.chance(0.05) ? failedStart(draw) : []),
    ],
    hands,
  };
}

/** Over budget comes only a guest that is busy under a policy that acts: half of those that have something to do then are that. */
function pace(
  overBudget: OverBudgetAction,
  draw: Draw,
): Pick<Schedule, 'guest' | 'policy' | 'maxDowntimeMs'> {
  if ((overBudget === 'post-copy' || overBudget === 'brake') && draw.chance(0.5))
    return { guest: 'busy', policy: draw.oneOf(['mp', 'forecast'] as const), maxDowntimeMs: 200 };
  return {
    guest: draw.oneOf(GUESTS),
    policy: draw.oneOf(POLICIES),
    maxDowntimeMs: draw.oneOf([200, 1000, 5000]),
  };
}

/** The `stop` by which a cancel keeps the destination from starting is late: what else it meets is drawn as all is. */
function lateFence(begin: Begin, draw: Draw): Fault {
  const nth = begin === 'migrate' ? 2 : 1;
  return { on: { command: 'stop', side: 'destination' }, nth, do: 'delay', ms: draw.oneOf([5, 100, 1000]) };
}

/** The stream of a guest that lives on both sides. */
function lostInPostCopy(draw: Draw): Fault {
  const how = draw.oneOf(['link-cut', 'link-reset'] as const);
  return { on: { event: 'RESUME', side: 'destination' }, nth: 1, do: how };
}

/** A cancel, and then no patience for it. */
function ctrlCTwice(draw: Draw): readonly Hand[] {
  const atMs = draw.oneOf(STOPS_MS) + draw.upTo(100);
  return [
    { atMs, do: 'cancel' },
    { atMs: atMs + 1 + draw.upTo(500), do: 'let-go' },
  ];
}

/** What happens to the guest meanwhile waits for us, and is read late. */
function frozenAsItStops(draw: Draw): Hand {
  return { atMs: draw.oneOf(STOPS_MS) - draw.upTo(200), do: 'freeze', ms: draw.oneOf([300, 2000]) };
}

/** Who attaches looks at an address, and acts at it a moment later. */
function takenWhileAttaching(draw: Draw): readonly Hand[] {
  const atMs = draw.oneOf(STOPS_MS) + draw.upTo(1000);
  const taken = { do: 'address-taken', ms: draw.oneOf([5, 700]) } as const;
  return [
    { atMs: draw.oneOf(STOPS_MS) + draw.upTo(100), do: 'kill' },
    { atMs, do: 'attach', to: true },
    { atMs: atMs + 1 + draw.upTo(5), side: draw.oneOf(SIDES), ...taken },
  ];
}

/** A start that fails once both sides are set up, and the source refuses to have its settings back. */
function failedStart(draw: Draw): readonly Fault[] {
  const setting = draw.oneOf(['migrate-set-parameters', 'migrate-set-capabilities'] as const);
  return [
    { on: { command: 'migrate', side: 'source' }, nth: 1, do: 'error' },
    { on: { command: setting, side: 'source' }, nth: 2, do: 'error' },
  ];
}

export class Draw {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  oneOf<const T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random.next() * choices.length)] as T;
  }

  /** From 0 to that, both included. */
  upTo(most: number): number {
    return Math.floor(this.random.next() * (most + 1));
  }

  chance(share: number): boolean {
    return this.random.next() < share;
  }
}

function fault(draw: Draw): Fault {
  const nth = 1 + draw.upTo(5);
  if (draw.chance(0.5)) return { on: anyTrigger(draw), nth, ...incident(draw) } as Fault;
  const on = draw.chance(0.7) ? command(draw) : event(draw);
  return { on, nth, ...answer(draw, on) } as Fault;
}

function anyTrigger(draw: Draw): Trigger {
  switch (draw.upTo(3)) {
    case 0:
      return command(draw);
    case 1:
      return event(draw);
    case 2:
      return { stream: draw.oneOf(['last-byte', 'loaded'] as const) };
    default:
      return { atMs: 10 + draw.upTo(WITHIN_MS) };
  }
}

const command = (draw: Draw): Trigger => ({ command: draw.oneOf(COMMANDS), side: draw.oneOf(SIDES) });
const event = (draw: Draw): Trigger => ({ event: draw.oneOf(EVENTS), side: draw.oneOf(SIDES) });

function incident(draw: Draw): object {
  const to = draw.oneOf(SIDES);
  switch (draw.upTo(6)) {
    case 5:
      return { do: draw.oneOf(['stopped-by-operator', 'io-error', 'shut-down'] as const), to };
    case 6:
      return { do: 'clock-set', to, ms: draw.oneOf([-3000, -200, 200, 3000]) };
    case 0:
      return { do: 'killed', to };
    case 1:
      return { do: 'hangs', to, ms: draw.oneOf(BOUNDED_MS) };
    case 2:
      return { do: draw.oneOf(['link-cut', 'link-back', 'link-reset']) };
    case 3:
      return { do: 'connection-silent', to, ms: draw.oneOf(LASTS_MS) };
    default:
      return { do: 'connection-lost', to, ms: draw.oneOf(LASTS_MS) };
  }
}

/**
 * What changes something is late by a second at most: a command that a dead controller left on its way is carried out behind
 * the back of everybody who comes after it, and that is not promised to be mended (docs/safety.md).
 */
function answer(draw: Draw, on: Trigger): object {
  // A stream may end in place of an event; it does not leave one out.
  const what = draw.oneOf('event' in on ? EVENT_ANSWERS : COMMAND_ANSWERS);
  const changes = 'command' in on && !on.command.startsWith('query-');
  const delays = changes ? [5, 100, 1000] : [5, 100, 1000, 6000];
  if (what === 'garbled') return { do: what, value: draw.oneOf(GARBLED) };
  return what === 'delay' ? { do: what, ms: draw.oneOf(delays) } : { do: what };
}

export function hand(draw: Draw): Hand {
  const atMs = draw.chance(0.5) ? 1 + draw.upTo(WITHIN_MS) : draw.oneOf(STOPS_MS) + draw.upTo(100);
  switch (draw.upTo(10)) {
    case 0:
      return { atMs, do: 'cancel' };
    case 1:
      return { atMs, do: 'let-go' };
    case 2:
    case 3:
      return { atMs, do: 'kill' };
    case 4:
      return { atMs, do: 'freeze', ms: draw.oneOf([300, 2000, 20_000]) };
    case 5:
      return { atMs, do: draw.oneOf(['disk-full', 'disk-slow'] as const), ms: draw.oneOf([100, 3000]) };
    case 6:
      return { atMs, do: 'attach', to: draw.chance(0.5) };
    case 7:
      return { atMs, do: 'recover' };
    case 8:
      return { atMs, do: draw.oneOf(['attach-to-another', 'migrate-to-another'] as const) };
    case 9:
      return { atMs, do: 'address-taken', side: draw.oneOf(SIDES), ms: draw.oneOf([700, 5000, 100_000]) };
    default:
      return { atMs, do: 'migrate' };
  }
}

/** What somebody wants changed while it runs. */
export function wish(draw: Draw): Hand {
  const atMs = draw.chance(0.5) ? 1 + draw.upTo(WITHIN_MS) : draw.oneOf(STOPS_MS) - draw.upTo(300);
  switch (draw.upTo(3)) {
    case 0:
      return { atMs, do: 'limits', maxDowntimeMs: draw.oneOf([200, 1000, 5000]) };
    case 1:
      return { atMs, do: 'switch-over' };
    default:
      return { atMs, do: 'cap', bytesPerSecond: draw.oneOf([5e6, 20e6, 40e6, null]) };
  }
}

/** What is done to the world in it, a word for each. */
export function faultKinds({
  faults,
  hands,
  libvirt,
}: Pick<Schedule, 'faults' | 'hands' | 'libvirt'>): readonly string[] {
  return [
    ...faults.map((each) => (each.do === 'delay' ? 'answered late' : WORDS_OF_FAULTS[each.do])),
    ...libvirt.faults.map((each) => WORDS_OF_LIBVIRT[each.do]),
    ...hands.map((each) => WORDS_OF_HANDS[each.do]),
  ];
}

const WORDS_OF_FAULTS: Readonly<Record<Exclude<Fault['do'], 'delay'>, string>> = {
  error: 'refused',
  never: 'not answered',
  lost: 'lost on the way',
  drop: 'hung up on',
  garbled: 'answered as QEMU never does',
  'connection-lost': 'monitor lost',
  'connection-silent': 'monitor silent',
  hangs: 'QEMU hangs',
  killed: 'QEMU killed',
  'stopped-by-operator': 'guest stopped by somebody',
  'io-error': 'guest stopped by an I/O error',
  'shut-down': 'guest shut down',
  'clock-set': 'clock set',
  'link-cut': 'link cut',
  'link-back': 'link back',
  'link-reset': 'link reset',
};

const WORDS_OF_LIBVIRT: Readonly<Record<LibvirtFault['do'], string>> = {
  delay: 'virsh late',
  error: 'virsh refused',
  never: 'virsh not answered',
  lost: 'virsh lost on the way',
  dies: 'virsh ended',
  'libvirtd-killed': 'libvirtd killed',
  'libvirtd-hangs': 'libvirtd hangs',
  'events-lost': 'events lost',
  'peer-cut': 'libvirtds cut off from each other',
  'peer-reset': "libvirtds' connection reset",
  suspended: 'guest suspended by an operator',
  'qemu-killed': 'QEMU killed under libvirt',
  'virsh-migrate-ends': 'virsh migrate killed',
};

const WORDS_OF_HANDS: Readonly<Record<Hand['do'], string>> = {
  cancel: 'cancel',
  'let-go': 'SIGTERM',
  kill: 'controller killed',
  freeze: 'controller frozen',
  'disk-full': 'disk full',
  'disk-slow': 'disk slow',
  attach: 'a second attach',
  migrate: 'a second migrate',
  watch: 'a watch started',
  recover: 'attach --recover',
  cap: 'bandwidth changed',
  limits: 'limits changed',
  'switch-over': 'switched over by hand',
  'attach-to-another': 'attach --to another VM',
  'migrate-to-another': 'migrate to another VM',
  'address-taken': 'another VM at an address of ours',
};
