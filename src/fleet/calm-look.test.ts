import { beforeAll, describe, expect, test } from 'vitest';
import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { foresee } from '../migration/foresee.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import { planOf } from '../plan/plan.ts';
import { forecast } from '../policy/forecast.ts';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import { calmLookOf, whyUnknown } from './calm-look.ts';

const LIMITS: Limits = { ...DEFAULT_LIMITS, lineRateBytesPerSecond: 60e6 };
const MIB = 2 ** 20;

/** As it writes that much in a loop, over the lab's link. */
const guest = (workingSetBytes: number, writeRateBytesPerSecond: number): ScenarioInput => ({
  ...{ memoryBytes: 512 * MIB, zeroPagesShare: 0.6, link: constantLink(57.9e6) },
  memory: cyclic({ workingSetBytes, writeRateBytesPerSecond }),
});

async function known(scenario: ScenarioInput): Promise<Foreknowledge> {
  const hypervisor = new SimulatedHypervisor({ guest: scenario });
  const seen = await hypervisor.inspect('sim:guest');
  const intended = { guest: seen, destination: simulatedDestination('guest'), cap: undefined };
  return (await foresee(hypervisor, intended, undefined, { probesMs: [1000, 3000], resident: true })).known;
}

async function lookAt(foreknown: Foreknowledge, limits = LIMITS) {
  const migrant = { running: true, manager: 'libvirt' as const };
  const plan = await planOf({ known: foreknown, migrant, kind: forecast(), limits, others: [] });
  return calmLookOf(plan, limits, whyUnknown(plan, undefined));
}

let busy: Foreknowledge;
let still: Foreknowledge;
beforeAll(async () => {
  busy = await known(guest(128 * MIB, 4e9));
  still = await known(guest(MIB, 1e5));
});

describe('a look at a guest', () => {
  test('that hardly writes says that it is calm', async () => {
    expect(await lookAt(still)).toMatchObject({ is: 'calm', isSure: true });
  });

  test('that rewrites much says how long it would stand still, and by what it would be slowed', async () => {
    expect(await lookAt(busy)).toMatchObject({
      is: 'busy',
      words: expect.stringMatching(
        /^now a pause of about 2\.\d+ s \(.* to .*\) is to be expected, and 300 ms is what is always fine$/,
      ),
    });
    // What slows or risks it comes last: a calmer moment is better than that.
    const braked = await lookAt(busy, { ...LIMITS, maxDowntimeMs: 500, overBudget: 'brake' });
    expect(braked).toMatchObject({
      is: 'busy',
      words: expect.stringMatching(/the guest slowed by \d+ % for/),
    });
  });

  test('that may be calm and may be not says that it is not sure', async () => {
    // About as much as the link carries: a little more, and it would not come to an end by itself.
    const between = await known(guest(64 * MIB, 40e6));
    expect(await lookAt(between)).toMatchObject({ is: 'calm', isSure: false });
  });

  test('for which no pause fits says what it needs, and what would help', async () => {
    expect(await lookAt(busy, { ...LIMITS, maxDowntimeMs: 500 })).toMatchObject({
      ...{ is: 'no-pause-fits', totalMs: expect.any(Number) },
      reason: {
        ...{ code: 'no-pause-fits', remedy: expect.stringContaining('--max-downtime') },
        words: expect.stringMatching(/^no pause within --max-downtime 500 ms is possible, it needs one of 2/),
      },
    });
  });

  test('of which nothing is known says whether that may pass', async () => {
    const { lineRateBytesPerSecond, ...noLine } = LIMITS;
    expect(await lookAt(busy, { ...noLine, lineRateBytesPerSecond: undefined })).toMatchObject({
      ...{ is: 'unknown', passes: false, words: expect.stringContaining('--line-rate') },
    });
    const plan = await planOf({
      ...{
        known: { ...NOTHING_KNOWN, memoryBytes: 512 * MIB, vcpus: 1 },
        kind: forecast(),
        limits: LIMITS,
        others: [],
      },
      migrant: { running: true, manager: 'libvirt' },
    });
    expect(whyUnknown(plan, 'it cannot be probed now')).toEqual({
      words: 'it cannot be probed now',
      passes: true,
    });
  });
});
