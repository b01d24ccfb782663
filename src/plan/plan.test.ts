import { beforeAll, describe, expect, test } from 'vitest';
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../hypervisor/simulated/memory/hot-cold.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { foresee } from '../migration/foresee.ts';
import type { Compressing } from '../model/compression.ts';
import { NOTHING_KNOWN } from '../model/foreknowledge.ts';
import type { Estimate } from '../model/interval.ts';
import { forecast } from '../policy/forecast.ts';
import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import { Random } from '../simulate/random.ts';
import { runOne } from '../simulate/run-one.ts';
import { type Plan, planOf } from './plan.ts';

const PROBES_MS = [100, 300, 1000, 3000];

/** The lab's guest: 128 MiB of 512 rewritten in a loop, on 480 Mbit/s. */
const LOOP: ScenarioInput = {
  memoryBytes: 2 ** 29,
  zeroPagesShare: 0.6,
  memory: cyclic({ workingSetBytes: 128 * 2 ** 20, writeRateBytesPerSecond: 4e9 }),
  link: constantLink(57.9e6),
};
const LOOP_LIMITS: Limits = { ...DEFAULT_LIMITS, lineRateBytesPerSecond: 60e6 };

/** Kernels hold memory in huge pages, of which parts were never written. */
class WithHugePages extends SimulatedHypervisor {
  private readonly share: number;
  constructor(guest: ScenarioInput, share: number) {
    super({ guest });
    this.share = share;
  }
  override async residentBytes(guest: GuestFacts): Promise<number | undefined> {
    const bytes = await super.residentBytes(guest);
    return bytes && Math.min(guest.memoryBytes, bytes / this.share);
  }
}

async function planFor(
  guest: ScenarioInput,
  limits: Limits,
  others: readonly string[] = [],
  usedShare = 0.88,
  compressing?: Compressing,
): Promise<Plan> {
  const hypervisor = new WithHugePages(guest, usedShare);
  const facts = await hypervisor.inspect('sim:guest');
  const { known } = await foresee(
    hypervisor,
    {
      guest: facts,
      destination: simulatedDestination('guest'),
      cap: limits.bandwidthBytesPerSecond,
    },
    undefined,
    { probesMs: PROBES_MS, resident: true },
  );
  return await planOf({
    ...{ known, limits, kind: forecast(), migrant: { running: guest.running ?? true, manager: 'qemu' } },
    others: others.map((name) => choosePolicy(name)),
    compressing,
  });
}

describe('a guest that rewrites more than the line carries', () => {
  test('is memory-intensive, with its price; stock would never end', async () => {
    const plan = await planFor(LOOP, LOOP_LIMITS, ['stock', 'nova', 'proxmox']);
    expect(plan).toMatchObject({ verdict: 'memory-intensive', chosen: { end: 'completed' }, waysOut: [] });
    expect(plan.chosen?.figures?.pauseMs.middle).toBeGreaterThan(2200);
    expect(plan.chosen?.figures?.pauseMs.middle).toBeLessThan(2600);
    const [stock, nova, proxmox] = plan.others;
    expect(stock).toMatchObject({ end: 'never-ends', completes: 'in-no-case' });
    expect(nova?.end).not.toBe('completed');
    expect(proxmox).toMatchObject({ end: 'completed', brownOut: { percent: expect.any(Number) } });
  });

  test('needs a quarter of that where its pages compress to one', async () => {
    const writtenLeft = { low: 0.22, middle: 0.25, high: 0.28 };
    const way = { connections: 2, left: 0.25, writtenLeft, bytesPerSecond: 1e9 };
    const { chosen, compressed } = await planFor(LOOP, LOOP_LIMITS, [], 0.88, way);
    for (const figure of ['totalMs', 'pauseMs', 'sentBytes'] as const) {
      const share = (compressed?.figures?.[figure].middle ?? 0) / (chosen?.figures?.[figure].middle ?? 0);
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.35);
    }
    const slow = await planFor(LOOP, LOOP_LIMITS, [], 0.88, { ...way, bytesPerSecond: 30e6 });
    expect(slow.compressed?.figures?.totalMs.middle).toBeGreaterThan(chosen?.figures?.totalMs.middle ?? 0);
    expect((await planFor(LOOP, LOOP_LIMITS)).compressed).toBeUndefined();
  });

  test('needs as long a pause where only what it holds compresses', async () => {
    const writtenLeft = { low: 0.85, middle: 1, high: 1 };
    const way = { connections: 2, left: 0.5, writtenLeft, bytesPerSecond: 1e9 };
    const { chosen, compressed } = await planFor(LOOP, LOOP_LIMITS, [], 0.88, way);
    const pause = compressed?.figures?.pauseMs;
    expect((pause?.middle ?? 0) / (chosen?.figures?.pauseMs.middle ?? 0)).toBeGreaterThan(0.97);
    expect(pause?.low).toBeLessThan(0.9 * (pause?.middle ?? 0));
    expect(compressed?.figures?.totalMs.middle).toBeLessThan(chosen?.figures?.totalMs.middle ?? 0);
  });

  test('is not possible within half a second, and each way out that is told was really tried', async () => {
    const limits = { ...LOOP_LIMITS, maxDowntimeMs: 500 };
    const plan = await planFor(LOOP, limits);
    expect(plan).toMatchObject({ verdict: 'not-possible', chosen: { figures: undefined } });
    const options = Object.fromEntries(plan.waysOut.map(({ change }) => [change.option, change]));
    expect(plan.waysOut.every(({ rehearsal }) => rehearsal.end === 'completed')).toBe(true);
    expect(options['max-downtime']).toMatchObject({ value: expect.closeTo(3250, -3) });
    expect(options['over-budget']).toMatchObject({ value: 'post-copy' });
    expect(plan.waysOut).toContainEqual(
      expect.objectContaining({ change: { option: 'over-budget', value: 'brake' } }),
    );
    // What post-copy costs: the rest over the line.
    const byPostCopy = plan.waysOut.find(({ change }) => 'value' in change && change.value === 'post-copy')
      ?.rehearsal.figures;
    const restMs = (1000 * 128 * 2 ** 20) / (plan.prospects?.payloadRate.middle ?? 0);
    expect(byPostCopy?.remotePagesMs?.middle).toBeGreaterThan(0.97 * restMs);
    expect(byPostCopy?.remotePagesMs?.middle).toBeLessThan(1.03 * restMs);
    expect(byPostCopy?.pauseMs.middle).toBeLessThan(100);
    expect(plan.waysOut.filter(({ rehearsal }) => rehearsal.figures?.remotePagesMs).length).toBe(1);
    const { value: faster } = options['line'] as { value: number };
    expect(faster).toBeGreaterThan(4 * 60e6);
    const onFaster = { ...LOOP, link: constantLink(0.965 * faster) };
    const outcome = await runOne(onFaster, forecast(), { ...limits, lineRateBytesPerSecond: faster });
    expect(outcome).toMatchObject({ outcome: 'completed' });
    const onSlower = { ...LOOP, link: constantLink(0.965 * 0.8 * faster) };
    const slower = { ...limits, lineRateBytesPerSecond: 0.8 * faster };
    expect((await runOne(onSlower, forecast(), slower)).outcome).toBe('aborted');
  });

  test('the time limit and the cap are told where they are in the way', async () => {
    const timed = await planFor(LOOP, { ...LOOP_LIMITS, timeoutMs: 3000 });
    expect(timed.waysOut.map(({ change }) => change.option)).toContain('timeout');
    const slowWriter = {
      ...LOOP,
      memory: uniform({ workingSetBytes: 180e6, writeRateBytesPerSecond: 30e6 }),
    };
    const limits = { ...LOOP_LIMITS, bandwidthBytesPerSecond: 20e6, maxDowntimeMs: 500 };
    const capped = await planFor(slowWriter, limits);
    expect(capped.verdict).toBe('not-possible');
    expect(capped.waysOut.map(({ change }) => change.option)).toContain('bandwidth');
  });
});

test('an idle guest converges under everybody', async () => {
  const idle = { ...LOOP, memory: cyclic({ workingSetBytes: 2 ** 20, writeRateBytesPerSecond: 1e6 }) };
  const plan = await planFor(idle, LOOP_LIMITS, ['stock']);
  expect(plan).toMatchObject({ verdict: 'converges', chosen: { completes: 'in-all-cases' } });
  expect(plan.others[0]).toMatchObject({ end: 'completed' });
});

test('a paused guest dirties nothing, so nobody probes it', async () => {
  const plan = await planFor({ ...LOOP, running: false }, LOOP_LIMITS);
  expect(plan).toMatchObject({ verdict: 'converges' });
});

describe('what cannot be known is not made up', () => {
  test('without the link', async () => {
    const plan = await planFor(LOOP, DEFAULT_LIMITS);
    expect(plan).toMatchObject({ verdict: 'not-known', missing: 'link', chosen: undefined });
  });

  test('without the guest', async () => {
    const known = { ...NOTHING_KNOWN, memoryBytes: 2 ** 29 };
    const plan = await planOf({
      ...{
        known,
        limits: LOOP_LIMITS,
        kind: forecast(),
        others: [],
        migrant: { running: true, manager: 'qemu' },
      },
    });
    expect(plan).toMatchObject({ verdict: 'not-known', missing: 'guest' });
  });

  test('a cap bounds the pause from above only', async () => {
    const plan = await planFor(LOOP, { ...DEFAULT_LIMITS, bandwidthBytesPerSecond: 57.9e6 });
    expect(plan.prospects?.lineUnknown).toBe(true);
    expect(plan.chosen?.figures?.pauseMs.low).toBeLessThan(300);
    expect(plan.chosen?.figures?.pauseMs.high).toBeGreaterThan(2200);
  });
});

describe('over 150 guests of all kinds, each planned from its probes and then migrated', () => {
  const GUESTS = 150;
  const seen: { readonly name: string; readonly said: Estimate; readonly was: number }[] = [];
  let wrongVerdicts = 0;

  beforeAll(async () => {
    const random = new Random(4711);
    for (let index = 0; index < GUESTS; index += 1) {
      const { guest, limits } = drawGuest(random);
      const plan = await planFor(guest, limits, [], 0.82 + 0.16 * random.next());
      const probed = new SimulatedHypervisor({ guest });
      const facts = await probed.inspect('sim:guest');
      const { known } = await foresee(
        probed,
        { guest: facts, destination: undefined, cap: undefined },
        undefined,
      );
      const outcome = await runOne(guest, forecast(), { ...limits, timeoutMs: 600_000 }, undefined, known);
      const completed = outcome.outcome === 'completed';
      if (plan.chosen?.completes === (completed ? 'in-no-case' : 'in-all-cases')) wrongVerdicts += 1;
      const figures = plan.chosen?.figures;
      if (!completed || !figures) continue;
      seen.push({ name: 'pause', said: figures.pauseMs, was: outcome.pauseMs ?? 0 });
      seen.push({ name: 'total', said: figures.totalMs, was: outcome.totalMs });
      seen.push({ name: 'sent', said: figures.sentBytes, was: outcome.sentBytes });
    }
  }, 60_000);

  test.each(['pause', 'total', 'sent'])(
    'the truth of the %s lies within what was told for 85 in 100 or more',
    (name) => {
      const of = seen.filter((each) => each.name === name);
      expect(of.length).toBeGreaterThan(GUESTS / 2);
      const within = of.filter(({ said, was }) => said.low <= was && was <= said.high).length;
      expect(within / of.length).toBeGreaterThanOrEqual(0.85);
      const errors = of.map(({ said, was }) => Math.abs(said.middle / was - 1)).sort((a, b) => a - b);
      expect(errors[errors.length >> 1]).toBeLessThan(0.12);
      // And is told usefully: half of the bounds are within a third of the figure, up or down. Of pauses near the fixed
      // cost it is that which is not known; those that end by QEMU's own limit need 250 ms and more.
      const told = of.filter(({ said }) => name !== 'pause' || said.middle > DEFAULT_LIMITS.downtimeMs - 50);
      const widths = told.map(({ said }) => (said.high - said.low) / said.middle).sort((a, b) => a - b);
      expect(widths[widths.length >> 1]).toBeLessThan(0.65);
    },
  );

  test('what is told to be possible for certain is, and the other way round', () => {
    expect(wrongVerdicts).toBe(0);
  });
});

function drawGuest(random: Random): { guest: ScenarioInput; limits: Limits } {
  const memoryBytes = random.between([2 ** 29, 2 ** 33]);
  const zeroPagesShare = 0.7 * random.next();
  const used = memoryBytes * (1 - zeroPagesShare);
  const drawn = {
    workingSetBytes: used * random.between([0.01, 0.6]),
    writeRateBytesPerSecond: random.between([1e7, 2e9]),
  };
  const [hotPagesShare, hotWritesShare] = [0.1, 0.9];
  const memory = [
    cyclic,
    uniform,
    (writes: typeof drawn) => hotCold({ ...writes, hotPagesShare, hotWritesShare }),
  ][Math.floor(3 * random.next())]?.(drawn);
  if (!memory) throw new Error('a third of one is below one');
  const lineRateBytesPerSecond = random.between([60e6, 1.25e9]);
  return {
    guest: {
      ...{ memoryBytes, zeroPagesShare, memory },
      zeroPlace: (['first', 'throughout', 'last'] as const)[Math.floor(3 * random.next())] ?? 'last',
      link: constantLink(lineRateBytesPerSecond * (0.945 + 0.035 * random.next())),
      switchoverFixedCostMs: random.between([25, 90]),
    },
    limits: { ...DEFAULT_LIMITS, lineRateBytesPerSecond },
  };
}
