/** Who is compared on unseen guests, and the oracle: the best that anybody could have done who knew the guest. */
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
}

export const CONTENDERS: readonly Contender[] = [
  { name: 'stock', kind: stock, limits: LIMITS },
  { name: 'forecast', kind: forecast(), limits: LIMITS },
  { name: 'mp', kind: mp(), limits: LIMITS },
  { name: 'simple', kind: SIMPLE, limits: LIMITS },
];

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
