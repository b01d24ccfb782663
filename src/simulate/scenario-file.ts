/** What `switchover simulate` simulates, as TOML: a guest (or a fleet of guests drawn from ranges), a link, limits. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { issuesOf } from '../config/issues.ts';
import { parseToml } from '../config/toml.ts';
import { parseBytes, parseDurationMs, parsePercent, parseRate } from '../model/units.ts';
import { choosePolicy, POLICIES, PolicyError } from '../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits, OVER_BUDGET_ACTIONS } from '../policy/policy.ts';

/** One value, or two between which each migration draws its own. */
export type Range = readonly [number, number];

type Parser = (text: string) => number;

const quantity = (parser: Parser) =>
  z.string().transform((text, context) => orIssue(() => parser(text), context));

const positive = (parser: Parser) => quantity(above0(parser));

/** One text, or a list of two of them. */
const range = (parser: Parser) =>
  z.unknown().transform((given, context) => orIssue(() => rangeOf(given, above0(parser)), context));

function rangeOf(given: unknown, parser: Parser): Range {
  const texts = Array.isArray(given) ? given : [given, given];
  const [least, most, ...others] = texts.map((text: unknown) => {
    if (typeof text === 'string') return parser(text);
    throw new Error('write it as text, or as a list of two between which each migration draws its own');
  });
  if (least === undefined || most === undefined || others.length > 0)
    throw new Error('a list has two values, between which each migration draws its own');
  if (least > most) throw new Error('the first of the two must not be above the second');
  return [least, most];
}

function above0(parser: Parser): Parser {
  return (text) => {
    const value = parser(text);
    if (value > 0) return value;
    throw new Error('it must be above zero');
  };
}

function orIssue<T>(parse: () => T, context: z.RefinementCtx): T {
  try {
    return parse();
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}

const writesSchema = z.strictObject({
  kind: z.enum(['cyclic', 'uniform', 'hot-cold']),
  'working-set': range(parseBytes),
  rate: range(parseRate),
  'hot-pages': quantity(parsePercent).default(0.1),
  'hot-writes': quantity(parsePercent).default(0.9),
  busy: positive(parseDurationMs).optional(),
  calm: positive(parseDurationMs).optional(),
});

const schema = z
  .strictObject({
    guest: z.strictObject({
      memory: range(parseBytes),
      'zero-pages': quantity(parsePercent).default(0),
      writes: writesSchema,
    }),
    link: z.strictObject({ rate: range(parseRate) }),
    limits: z
      .strictObject({
        downtime: positive(parseDurationMs).default(DEFAULT_LIMITS.downtimeMs),
        'max-downtime': positive(parseDurationMs).default(DEFAULT_LIMITS.maxDowntimeMs),
        timeout: positive(parseDurationMs).default(3_600_000),
        'over-budget': z.enum(OVER_BUDGET_ACTIONS).default('abort'),
        'brake-for': positive(parseDurationMs).optional(),
      })
      .prefault({}),
    run: z
      .strictObject({
        policies: z.array(z.string()).nonempty().default(['stock', 'relaxed', 'mp']),
        migrations: z.int().min(1).max(1_000_000).default(1),
        seed: z.int().min(0).max(0xffff_ffff).default(1),
      })
      .prefault({}),
  })
  .superRefine(({ guest, limits, run }, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (guest.writes['working-set'][1] > guest.memory[0])
      issue(['guest', 'writes', 'working-set'], 'it must not be above guest.memory');
    if ((guest.writes.busy === undefined) !== (guest.writes.calm === undefined))
      issue(['guest', 'writes'], 'busy and calm belong together');
    if (limits.downtime > limits['max-downtime'])
      issue(['limits', 'downtime'], 'it is longer than limits.max-downtime');
    if (limits['brake-for'] !== undefined && limits['over-budget'] !== 'brake')
      issue(['limits', 'brake-for'], 'it says nothing unless limits.over-budget is "brake"');
    run.policies.forEach((name, index) => {
      try {
        choosePolicy(name);
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        issue(
          ['run', 'policies', String(index)],
          `there is no policy ${JSON.stringify(name)}: there are ${Object.keys(POLICIES).join(', ')}`,
        );
      }
    });
  });

export interface ScenarioFile {
  readonly guest: {
    readonly memoryBytes: Range;
    readonly zeroPagesShare: number;
    readonly writes: {
      readonly kind: 'cyclic' | 'uniform' | 'hot-cold';
      readonly workingSetBytes: Range;
      readonly rateBytesPerSecond: Range;
      readonly hotPagesShare: number;
      readonly hotWritesShare: number;
      /** Undefined: always busy. */
      readonly phases: { readonly busyMs: number; readonly calmMs: number } | undefined;
    };
  };
  readonly linkBytesPerSecond: Range;
  readonly limits: Limits;
  readonly policies: readonly string[];
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
  const { writes } = guest;
  return {
    guest: {
      memoryBytes: guest.memory,
      zeroPagesShare: guest['zero-pages'],
      writes: {
        kind: writes.kind,
        workingSetBytes: writes['working-set'],
        rateBytesPerSecond: writes.rate,
        hotPagesShare: writes['hot-pages'],
        hotWritesShare: writes['hot-writes'],
        phases:
          writes.busy === undefined || writes.calm === undefined
            ? undefined
            : { busyMs: writes.busy, calmMs: writes.calm },
      },
    },
    linkBytesPerSecond: link.rate,
    limits: {
      ...DEFAULT_LIMITS,
      downtimeMs: limits.downtime,
      maxDowntimeMs: limits['max-downtime'],
      timeoutMs: limits.timeout,
      overBudget: limits['over-budget'],
      brakeForMs: limits['brake-for'] ?? DEFAULT_LIMITS.brakeForMs,
    },
    policies: run.policies,
    migrations: run.migrations,
    seed: run.seed,
  };
}

/** zod's own sentences begin with a capital letter. */
function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
