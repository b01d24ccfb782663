/** The simulated guests of the demonstration: four that differ, and as many more of their kinds as are asked for. */
import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../hypervisor/simulated/memory/hot-cold.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import type { Limits } from '../policy/policy.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
export const LINE_RATE_BYTES_PER_SECOND = 1.15e8;
const LINK = constantLink(LINE_RATE_BYTES_PER_SECOND);

export interface DemoGuest {
  readonly scenario: ScenarioInput;
  readonly limits: Partial<Limits>;
  readonly reason: string;
}

const KINDS: Readonly<Record<string, DemoGuest>> = {
  'web-1': {
    scenario: {
      memoryBytes: 2 * GIB,
      zeroPagesShare: 0.5,
      memory: uniform({ workingSetBytes: 300 * MIB, writeRateBytesPerSecond: 6 * MIB }),
      link: LINK,
    },
    limits: {},
    reason: 'maintenance of host-a',
  },
  'db-primary': {
    scenario: {
      memoryBytes: 4 * GIB,
      zeroPagesShare: 0.3,
      memory: cyclic({ workingSetBytes: 256 * MIB, writeRateBytesPerSecond: 900 * MIB }),
      link: LINK,
    },
    limits: { maxDowntimeMs: 4000 },
    reason: 'maintenance of host-a',
  },
  'cache-2': {
    scenario: {
      memoryBytes: 3 * GIB,
      zeroPagesShare: 0.4,
      memory: hotCold({
        workingSetBytes: 800 * MIB,
        writeRateBytesPerSecond: 150 * MIB,
        hotPagesShare: 0.2,
        hotWritesShare: 0.9,
      }),
      link: LINK,
    },
    limits: { maxDowntimeMs: 3000 },
    reason: 'rebalance',
  },
  'batch-7': {
    scenario: {
      memoryBytes: 3 * GIB,
      zeroPagesShare: 0.2,
      memory: cyclic({ workingSetBytes: 900 * MIB, writeRateBytesPerSecond: 2 * GIB }),
      link: LINK,
    },
    // Not possible within that: it says so, and how long a pause it would need.
    limits: { maxDowntimeMs: 1000 },
    reason: 'rebalance',
  },
};

/** Enough to look at. */
export const USUAL_GUESTS = Object.keys(KINDS).length;

/** Those beyond the first four take minutes, as real ones do: a service has hundreds that run, not dozens that begin each second. */
const LARGER = 4;

/** @param count how many; those beyond the first four are called after their kind: `web-1-5` */
export function demoGuests(count: number): ReadonlyMap<string, DemoGuest> {
  const kinds = Object.entries(KINDS);
  const guests = Array.from({ length: count }, (_, at) => {
    const [name, guest] = kinds[at % kinds.length] as [string, DemoGuest];
    return at < kinds.length ? ([name, guest] as const) : ([`${name}-${at + 1}`, larger(guest)] as const);
  });
  return new Map(guests);
}

function larger({ scenario, ...rest }: DemoGuest): DemoGuest {
  return { ...rest, scenario: { ...scenario, memoryBytes: LARGER * scenario.memoryBytes } };
}
