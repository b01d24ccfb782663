/** Who is compared on unseen guests, and the oracle: the best that anybody could have done who knew the guest. */
import type { DirtyObservation } from '../../src/model/dirty-curve.ts';
import { forecast } from '../../src/policy/forecast.ts';
import { mp } from '../../src/policy/mp.ts';
import { PEERS } from '../../src/policy/peers/peers.ts';
import { DEFAULT_LIMITS, type Decision, type Limits, type PolicyKind } from '../../src/policy/policy.ts';
import { stock } from '../../src/policy/stock.ts';

/** As by default, but that nobody waits for ever. */
export const LIMITS: Limits = { ...DEFAULT_LIMITS, timeoutMs: 300_000 };

const SIMPLE_PASS = 3;
const SIMPLE_LIMIT_MS = 4000;

/** What anybody would write first: raise the limit once, when the guest has not come by itself. */
const SIMPLE = raisedAt(SIMPLE_PASS, SIMPLE_LIMIT_MS);

/** Those that neither end in post-copy nor suspend: the same kind of answer as ours. */
const COMPARED_PEERS = [
  'cloud-hypervisor',
  'kubevirt-stall-detector',
  'nova',
  'ovirt-minimal-downtime',
  'proxmox',
  'rate-of-change',
];

export interface Contender {
  readonly name: string;
  readonly kind: PolicyKind;
  readonly limits: Limits;
  /** Passes of earlier migrations that it believes in, in which the guest did something else. */
  readonly earlierPasses?: (memoryBytes: number) => readonly DirtyObservation[];
}

export const CONTENDERS: readonly Contender[] = [
  { name: 'stock', kind: stock, limits: LIMITS },
  { name: 'forecast', kind: forecast(), limits: LIMITS },
  { name: 'mp', kind: mp(), limits: LIMITS },
  { name: 'mp, min-shrink 30%', kind: mp({ minShrink: 0.3 }), limits: LIMITS },
  { name: 'mp, min-shrink 50%', kind: mp({ minShrink: 0.5 }), limits: LIMITS },
  { name: 'simple', kind: SIMPLE, limits: LIMITS },
];

/** The same VM was nearly idle in its earlier migrations, or wrote nearly all of its memory. */
export const WITH_WRONG_HISTORY: readonly Contender[] = [
  {
    ...{ name: 'forecast after idle days', kind: forecast(), limits: LIMITS },
    earlierPasses: () => [
      { durationMs: 300, bytes: 2e6 },
      { durationMs: 2000, bytes: 8e6 },
      { durationMs: 5000, bytes: 12e6 },
    ],
  },
  {
    ...{ name: 'forecast after busy days', kind: forecast(), limits: LIMITS },
    earlierPasses: (memoryBytes) => [
      { durationMs: 2000, bytes: 0.5 * memoryBytes },
      { durationMs: 5000, bytes: 0.7 * memoryBytes },
      { durationMs: 8000, bytes: 0.8 * memoryBytes },
    ],
  },
];

/** It may slow the guest down, which forecast and hindsight may not: judged beside them, with its brown-out's price. */
export const BRAKING: Contender = {
  name: 'forecast, brake when it pays',
  kind: forecast(),
  limits: { ...LIMITS, brake: 'when-it-pays' },
};

export const PEER_CONTENDERS: readonly Contender[] = COMPARED_PEERS.map((name) => {
  const peer = PEERS[name];
  if (!peer) throw new Error(`there is no peer ${name}`);
  return { name, kind: peer.build({}), limits: LIMITS };
});

const ORACLE_PASSES = 12;
/** By half from the longest pause allowed on. */
const ORACLE_LIMITS = 8;

/** Each stop that a controller without foresight could have hit, at a boundary or in a pass. */
export const ORACLE: readonly Contender[] = [
  ...Array.from({ length: ORACLE_PASSES }, (_, index) => ({
    name: `limit at pass ${index + 1}`,
    kind: raisedAt(index + 1, LIMITS.maxDowntimeMs),
    limits: LIMITS,
  })),
  ...Array.from({ length: ORACLE_LIMITS }, (_, index) => {
    const downtimeMs = LIMITS.maxDowntimeMs / 2 ** index;
    return {
      name: `limit of ${downtimeMs} ms from the start`,
      kind: stock,
      limits: { ...LIMITS, downtimeMs },
    };
  }),
];

function raisedAt(pass: number, limitMs: number): PolicyKind {
  const raise: Decision = {
    action: 'set-downtime-limit',
    downtimeLimitMs: limitMs,
    asIs: true,
    reason: `pass ${pass}`,
  };
  return {
    name: `limit at pass ${pass}`,
    summary: `raises the limit to ${limitMs} ms at pass ${pass}`,
    begin: (limits) => {
      let raised = false;
      return {
        initialDowntimeLimitMs: limits.downtimeMs,
        observe: (observation) => {
          if (raised || observation.kind !== 'boundary' || observation.pass < pass)
            return { action: 'continue', reason: '' };
          raised = true;
          return raise;
        },
      };
    },
  };
}
