/** Everything that is compared: our own policies, QEMU's rule with fixed limits, and the peers. Pure data. */
import { PEERS } from '../../src/policy/peers/peers.ts';
import { DEFAULT_LIMITS, type StartsWith } from '../../src/policy/policy.ts';
import type { GuestClass } from './guests.ts';

/** A pause that holds no peer back, for what it does by its own defaults. */
const NO_CAP_MS = 60_000;

/** virsh's timeout has no default: less than half of the usual time limit of a run. */
const VIRSH_TIMEOUT = 'timeout=10s';

/** Stock QEMU with the smallest fixed limit under which it always arrives, on one guest. */
export interface Relaxed {
  /** In QEMU's arithmetic, which goes by the last 100 ms of bandwidth: a real pause may well be longer. */
  readonly limitMs: number;
  /** The longest pause that was measured under it, rounded up to 100 ms: what the others are allowed. */
  readonly pauseMs: number;
}

export interface Contender {
  /** `forecast`, `forecast=`, `nova`, `nova=`: the sign means "with the same pause allowed as relaxed KVM". */
  readonly id: string;
  readonly policy: string;
  readonly tier: 'own' | 'peer';
  /** It has the pause that relaxed KVM needs as its longest, so it can only be tried once that is known. */
  readonly samePause: boolean;
  /** Which guests it is tried on. */
  readonly classes: readonly GuestClass[];
  /** What its system switches on in QEMU before it starts. */
  readonly startsWith: StartsWith;
  readonly quick?: boolean;
  args(relaxed: Relaxed): string[];
}

/** It is told the pause that relaxed KVM takes. */
export function isTold({ id, samePause }: Contender): boolean {
  return samePause && id !== 'relaxed';
}

const ALL: readonly GuestClass[] = ['intensive', 'phased', 'healthy'];
/** Where stock QEMU does not simply arrive, so that a longer limit has something to be for. */
const HARD: readonly GuestClass[] = ['intensive', 'phased'];

/** QEMU alone with one limit from the start, in QEMU's own arithmetic: nothing is taken off or scaled. */
export function fixedLimitArgs(limitMs: number): string[] {
  return ['--policy', 'stock', '--downtime', `${limitMs}ms`, '--max-downtime', `${NO_CAP_MS}ms`];
}

function own(
  id: string,
  classes: readonly GuestClass[],
  args: Contender['args'],
  samePause = false,
): Contender {
  return {
    id,
    policy: id.replace(/[=+].*/, ''),
    tier: 'own',
    samePause,
    classes,
    startsWith: {},
    quick: true,
    args,
  };
}

const OWN: readonly Contender[] = [
  own('stock', ALL, () => ['--policy', 'stock']),
  own('relaxed', HARD, ({ limitMs }) => fixedLimitArgs(limitMs), true),
  own('mp', ALL, () => ['--policy', 'mp']),
  own('mp=', HARD, ({ pauseMs }) => ['--policy', 'mp', ...samePause(pauseMs)], true),
  own('forecast', ALL, () => ['--policy', 'forecast']),
  // A pause no longer than stock QEMU's, whatever it takes.
  own('forecast+brake', HARD, () => [
    ...['--policy', 'forecast', '--over-budget', 'brake'],
    ...['--max-downtime', `${DEFAULT_LIMITS.downtimeMs}ms`],
  ]),
  own('forecast=', HARD, ({ pauseMs }) => ['--policy', 'forecast', ...samePause(pauseMs)], true),
];

/** Part of `--quick`: one that completes and one that does not. */
const QUICK_PEERS = ['rate-of-change', 'cloud-hypervisor'];

export const CONTENDERS: readonly Contender[] = [...OWN, ...Object.keys(PEERS).flatMap(peers)];

/** A peer with its own defaults, and once more where it has a parameter for the pause. */
function peers(name: string): Contender[] {
  const { parameters, build } = PEERS[name] as (typeof PEERS)[string];
  const { startsWith = {} } = build({});
  const postCopy = startsWith.postCopyCapable ? ['--over-budget', 'post-copy'] : [];
  const timeout = name.startsWith('virsh-') ? ['--policy-option', VIRSH_TIMEOUT] : [];
  const common = {
    ...{ policy: name, tier: 'peer' as const, startsWith, classes: HARD },
  };
  const byDefault: Contender = {
    ...common,
    id: name,
    samePause: false,
    quick: QUICK_PEERS.includes(name),
    args: () => ['--policy', name, '--max-downtime', `${NO_CAP_MS}ms`, ...postCopy, ...timeout],
  };
  const parameter = ['max-downtime', 'downtime'].find((each) => Object.hasOwn(parameters, each));
  if (parameter === undefined) return [byDefault];
  const told = (pauseMs: number) => ['--policy-option', `${parameter}=${pauseMs}ms`];
  const allowed: Contender = {
    ...common,
    id: `${name}=`,
    samePause: true,
    args: ({ pauseMs }) => ['--policy', name, ...samePause(pauseMs), ...told(pauseMs), ...postCopy],
  };
  return [byDefault, allowed];
}

/** `--downtime` may not be longer than `--max-downtime`. */
function samePause(pauseMs: number): string[] {
  const downtime = pauseMs < DEFAULT_LIMITS.downtimeMs ? ['--downtime', `${pauseMs}ms`] : [];
  return ['--max-downtime', `${pauseMs}ms`, ...downtime];
}
