/** What `switchover simulate` simulates, as TOML: a guest (or a fleet of guests drawn from ranges), a link, limits. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { issuesOf } from '../config/issues.ts';
import { parseToml } from '../config/toml.ts';
import type { CurvePoint } from '../hypervisor/simulated/memory/recorded.ts';
import { parseBytes, parseDurationMs, parsePercent, parseRate } from '../model/units.ts';
import { BRAKE_TIMES, DEFAULT_LIMITS, type Limits, mayBrake, OVER_BUDGET_ACTIONS } from '../policy/policy.ts';
import { type PolicyChoice, policyChoice } from './policy-choice.ts';
import { above0, positive, quantity, type Range, range, timeline } from './quantities.ts';

const DEFAULT_POLICIES: [PolicyChoice, ...PolicyChoice[]] = [
  { name: 'stock', given: {} },
  { name: 'relaxed', given: {} },
  { name: 'mp', given: {} },
  { name: 'forecast', given: {} },
];

const STEADY = { 'working-set': range(parseBytes), rate: range(parseRate) };
const ANY_KIND = {
  busy: positive(parseDurationMs).optional(),
  calm: positive(parseDurationMs).optional(),
  noise: quantity(parsePercent).default(0),
};
const HOT_COLD = {
  'hot-pages': quantity(parsePercent).default(0.1),
  'hot-writes': quantity(parsePercent).default(0.9),
};

/** The bytes found dirty so long after a clean bitmap: what `recorded` is made of. */
const curve = timeline(above0(parseDurationMs), parseBytes).superRefine((points, context) => {
  points.forEach(([, bytes], index) => {
    if (bytes < (points[index - 1]?.[1] ?? 0))
      context.addIssue({ code: 'custom', path: [index], message: 'it must not be less than the one before' });
  });
});

const rateOrCut = (text: string) => (text === 'cut' ? 0 : parseRate(text));

const writesSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('cyclic'), ...STEADY, ...ANY_KIND }),
    z.strictObject({ kind: z.literal('uniform'), ...STEADY, ...ANY_KIND }),
    z.strictObject({ kind: z.literal('hot-cold'), ...STEADY, ...HOT_COLD, ...ANY_KIND }),
    z.strictObject({ kind: z.literal('recorded'), curve, ...ANY_KIND }),
  ],
  { error: 'it is one of cyclic, uniform, hot-cold, recorded' },
);

const schema = z
  .strictObject({
    guest: z.strictObject({
      memory: range(parseBytes),
      'zero-pages': quantity(parsePercent).default(0),
      'compressed-to': positive(parsePercent).default(1),
      'written-compressed-to': positive(parsePercent).optional(),
      writes: writesSchema,
    }),
    link: z.strictObject({
      rate: range(parseRate),
      steps: timeline(above0(parseDurationMs), rateOrCut).optional(),
    }),
    limits: z
      .strictObject({
        downtime: positive(parseDurationMs).default(DEFAULT_LIMITS.downtimeMs),
        'max-downtime': positive(parseDurationMs).default(DEFAULT_LIMITS.maxDowntimeMs),
        timeout: positive(parseDurationMs).default(3_600_000),
        'over-budget': z.enum(OVER_BUDGET_ACTIONS).default('abort'),
        brake: z.enum(BRAKE_TIMES).default('over-budget'),
        'brake-for': positive(parseDurationMs).optional(),
      })
      .prefault({}),
    run: z
      .strictObject({
        policies: z.array(policyChoice).nonempty().default(DEFAULT_POLICIES),
        migrations: z.int().min(1).max(1_000_000).default(1),
        seed: z.int().min(0).max(0xffff_ffff).default(1),
      })
      .prefault({}),
  })
  .superRefine(({ guest, limits }, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const [key, mostBytes] =
      guest.writes.kind === 'recorded'
        ? ['curve', guest.writes.curve.at(-1)?.[1] ?? 0]
        : ['working-set', guest.writes['working-set'][1]];
    if (mostBytes > guest.memory[0] * (1 - guest['zero-pages']))
      issue(['guest', 'writes', key], 'it must not be above guest.memory less its zero pages');
    if ((guest.writes.busy === undefined) !== (guest.writes.calm === undefined))
      issue(['guest', 'writes'], 'busy and calm belong together');
    if (limits.downtime > limits['max-downtime'])
      issue(['limits', 'downtime'], 'it is longer than limits.max-downtime');
    const brakes = mayBrake({ overBudget: limits['over-budget'], brake: limits.brake });
    if (limits['brake-for'] !== undefined && !brakes)
      issue(
        ['limits', 'brake-for'],
        'it says nothing unless limits.over-budget is "brake" or limits.brake "when-it-pays"',
      );
    if (brakes && limits.brake === 'never')
      issue(['limits', 'brake'], 'it is "never", and limits.over-budget is "brake"');
  });

export type Writes = Steadily & {
  /** Undefined: always busy. */
  readonly phases: { readonly busyMs: number; readonly calmMs: number } | undefined;
  /** How much the guest wavers from pass to pass: the standard deviation of the logarithm of its speed. */
  readonly noise: number;
};

type Steadily =
  | {
      readonly kind: 'cyclic' | 'uniform' | 'hot-cold';
      readonly workingSetBytes: Range;
      readonly rateBytesPerSecond: Range;
      /** Of `hot-cold` only. */
      readonly hotPagesShare: number;
      readonly hotWritesShare: number;
    }
  | { readonly kind: 'recorded'; readonly curve: readonly CurvePoint[] };

export interface ScenarioFile {
  readonly guest: {
    readonly memoryBytes: Range;
    readonly zeroPagesShare: number;
    /** What is left of the other pages where migrations compress them; 1: they do not. */
    readonly compressedTo: number;
    /** The same of the pages that the guest writes. Undefined: as of the others. */
    readonly writtenCompressedTo: number | undefined;
    readonly writes: Writes;
  };
  readonly linkBytesPerSecond: Range;
  /** Later rates of the link, by the time since the migration began; 0: it is cut. */
  readonly linkSteps: readonly { readonly afterMs: number; readonly bytesPerSecond: number }[];
  readonly limits: Limits;
  readonly policies: readonly PolicyChoice[];
  readonly migrations: number;
  readonly seed: number;
}

/** @throws {ConfigError} with every problem, each with the path of its key */
export function readScenario(file: string): ScenarioFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError([`${file}: it cannot be read (${(cause as NodeJS.ErrnoException).code})`], {
      cause,
    });
  }
  return parseScenario(text, file);
}

/** @throws {ConfigError} */
export function parseScenario(text: string, file: string): ScenarioFile {
  const checked = schema.safeParse(parseToml(text, file));
  if (!checked.success) {
    const issues = issuesOf(checked.error, () => []);
    throw new ConfigError(
      issues.map(({ path, sentence }) => `${file}: ${path.join('.')}: ${lowered(sentence)}`),
    );
  }
  const { guest, link, limits, run } = checked.data;
  return {
    guest: {
      memoryBytes: guest.memory,
      zeroPagesShare: guest['zero-pages'],
      compressedTo: guest['compressed-to'],
      writtenCompressedTo: guest['written-compressed-to'],
      writes: writesOf(guest.writes),
    },
    linkBytesPerSecond: link.rate,
    linkSteps: (link.steps ?? []).map(([afterMs, bytesPerSecond]) => ({ afterMs, bytesPerSecond })),
    limits: {
      ...DEFAULT_LIMITS,
      downtimeMs: limits.downtime,
      maxDowntimeMs: limits['max-downtime'],
      timeoutMs: limits.timeout,
      overBudget: limits['over-budget'],
      brake: limits.brake,
      brakeForMs: limits['brake-for'] ?? DEFAULT_LIMITS.brakeForMs,
    },
    policies: run.policies,
    migrations: run.migrations,
    seed: run.seed,
  };
}

function writesOf(writes: z.infer<typeof writesSchema>): Writes {
  const { busy: busyMs, calm: calmMs, noise } = writes;
  const phases = busyMs === undefined || calmMs === undefined ? undefined : { busyMs, calmMs };
  if (writes.kind === 'recorded') {
    const points = writes.curve.map(([afterMs, dirtiedBytes]) => ({ afterMs, dirtiedBytes }));
    return { kind: writes.kind, curve: points, phases, noise };
  }
  return {
    ...{ kind: writes.kind, phases, noise },
    workingSetBytes: writes['working-set'],
    rateBytesPerSecond: writes.rate,
    hotPagesShare: writes.kind === 'hot-cold' ? writes['hot-pages'] : 1,
    hotWritesShare: writes.kind === 'hot-cold' ? writes['hot-writes'] : 1,
  };
}

/** zod's own sentences begin with a capital letter. */
function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
