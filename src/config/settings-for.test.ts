import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMetadata } from './metadata.ts';
import { parseConfig } from './parse-config.ts';
import { limitsOf, policyOf } from './settings.ts';
import { settingsFor } from './settings-for.ts';

const CONFIG = parseConfig(
  `
[defaults]
downtime = "200ms"
max-downtime = "4s"
policy = "mp"
policy-option = { min-shrink = "5%" }
[[domain]]
name = "db-*"
max-downtime = "1s"
timeout = "1h"
[[domain]]
class = "batch"
max-downtime = "30s"
[[domain]]
name = ["scratch-*", "db-test"]
ignore = true
[[domain]]
name = "db-*"
class = "batch"
stall-timeout = "40s"
`,
  'f.toml',
);

function of(name: string, metadata?: Record<string, string>) {
  return settingsFor(CONFIG, { name, metadata });
}

describe('a stronger place goes before a weaker one', () => {
  test('built in, [defaults], entries in order, metadata', () => {
    const batch = of('db-1', { class: 'batch', timeout: '2h' });
    expect(batch).toMatchObject({
      problems: [],
      settings: {
        overBudget: 'abort',
        brake: 'over-budget',
        downtimeMs: 200,
        maxDowntimeMs: 30_000,
        timeoutMs: 7_200_000,
        stallTimeoutMs: 40_000,
      },
    });
    expect(of('db-1').settings).toMatchObject({
      maxDowntimeMs: 1000,
      timeoutMs: 3_600_000,
      stallTimeoutMs: 15_000,
    });
    expect(of('web').settings).toMatchObject({ maxDowntimeMs: 4000, timeoutMs: undefined });
  });

  test('one of several patterns is enough, and metadata can take ignore back', () => {
    expect(of('db-test').settings.ignore).toBe(true);
    expect(of('db-test', { ignore: 'no' }).settings.ignore).toBe(false);
    expect(of('db-1').settings.ignore).toBe(false);
  });

  test('without a domain only [defaults] hold', () => {
    expect(settingsFor(CONFIG).settings).toMatchObject({ maxDowntimeMs: 4000, stallTimeoutMs: 15_000 });
  });

  test('the caller says what is built in, and that gives way', () => {
    expect(
      settingsFor(CONFIG, { name: 'web' }, { overBudget: 'leave', maxDowntimeMs: 1 }).settings,
    ).toMatchObject({ overBudget: 'leave', maxDowntimeMs: 4000 });
    const empty = parseConfig('', 'f');
    expect(settingsFor(empty, undefined, { maxDowntimeMs: 100 })).toMatchObject({
      problems: [],
      settings: { downtimeMs: 100, maxDowntimeMs: 100 },
    });
  });

  test('parameters of one policy add up; another policy begins anew', () => {
    const merged = of('web', { 'policy-option': 'patience-passes=4, confirming-passes=2' });
    expect(merged.settings.policyOption).toEqual({
      'min-shrink': '5%',
      'patience-passes': '4',
      'confirming-passes': '2',
    });
    expect(policyOf(merged.settings).name).toBe('mp');
    expect(of('web', { policy: 'stock' })).toMatchObject({ problems: [], settings: { policyOption: {} } });
  });
});

test('limits are the limits alone', () => {
  expect(limitsOf(of('web').settings)).toEqual({
    downtimeMs: 200,
    maxDowntimeMs: 4000,
    timeoutMs: undefined,
    stallTimeoutMs: 15_000,
    bandwidthBytesPerSecond: undefined,
    lineRateBytesPerSecond: undefined,
    overBudget: 'abort',
    brake: 'over-budget',
    brakeForMs: 10_000,
  });
});

describe("a domain's metadata", () => {
  test('a bad attribute is told, the others hold', () => {
    const { settings, problems } = of('web', {
      class: 'batch',
      'max-downtime': 'soon',
      maxdowntime: '2s',
      timeout: '5m',
    });
    expect(problems).toEqual([
      'domain web: max-downtime in its metadata: "soon" is not a duration: write a number with its unit, like 300ms, 5s or 10m',
      'domain web: maxdowntime in its metadata: it is not known here: did you mean max-downtime?',
    ]);
    expect(settings).toMatchObject({ maxDowntimeMs: 30_000, timeoutMs: 300_000 });
  });

  test('a contradiction is told, and the shorter pause holds', () => {
    expect(of('web', { 'max-downtime': '100ms' })).toMatchObject({
      problems: [
        "domain web: downtime 200 ms of [defaults] is longer than max-downtime 100 ms of the domain's metadata: " +
          'lower the one or raise the other; until then the shorter one holds, 100 ms',
      ],
      settings: { downtimeMs: 100, maxDowntimeMs: 100 },
    });
  });

  test('parameters that the policy does not have are told, and its own hold', () => {
    const { settings, problems } = of('web', { 'policy-option': 'magic=1' });
    expect(problems).toEqual([
      expect.stringMatching(/^domain web: policy-option of .*metadata: policy mp has no parameter "magic"/),
    ]);
    expect(policyOf(settings).name).toBe('mp');
  });
});

const pause = fc.option(fc.constantFrom('0s', '100ms', '300ms', '1s', '6s', '2000s', '1h', 'soon'), {
  nil: undefined,
});
const place = fc.record(
  {
    downtime: pause,
    'max-downtime': pause,
    policy: fc.option(fc.constantFrom('mp', 'stock', 'relaxed'), { nil: undefined }),
    'policy-option': fc.option(fc.constantFrom('min-shrink=5%', 'magic=1', 'min-shrink=x'), {
      nil: undefined,
    }),
  },
  { noNullPrototype: true },
);

test('whatever the places say, what holds does not contradict itself, and a change of it is told', () => {
  let contradictions = 0;
  fc.assert(
    fc.property(fc.array(place, { maxLength: 3 }), place, (entries, own) => {
      const toml = entries.map((entry) => `[[domain]]\nname = "*"\n${asToml(entry)}`).join('\n');
      let config: ReturnType<typeof parseConfig>;
      try {
        config = parseConfig(toml, 'f');
      } catch {
        return;
      }
      const metadata = asAttributes(own);
      const { settings, problems } = settingsFor(config, { name: 'a', metadata });
      expect(settings.downtimeMs).toBeLessThanOrEqual(settings.maxDowntimeMs);
      expect(settings.maxDowntimeMs).toBeGreaterThan(0);
      expect(() => policyOf(settings)).not.toThrow();
      if (problems.length > 0) {
        contradictions += 1;
        return;
      }
      // Nothing was told, so the strongest word on each holds as it was said.
      const said = [
        ...config.domains.map((entry) => entry.stated),
        readMetadata({ name: 'a', metadata }).stated,
      ];
      for (const key of ['downtimeMs', 'maxDowntimeMs', 'policy'] as const) {
        const strongest = said.map((place) => place[key]).findLast((value) => value !== undefined);
        if (strongest !== undefined) expect(settings[key]).toBe(strongest);
      }
    }),
    { numRuns: 500 },
  );
  expect(contradictions).toBeGreaterThan(20);
});

function asAttributes(given: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

function asToml(given: Record<string, string | undefined>): string {
  return Object.entries(asAttributes(given))
    .map(([name, text]) => `${name} = "${text}"`)
    .join('\n');
}

test('a file may ask for encryption, for all or for some, and metadata has no word in it', () => {
  const config = parseConfig('[defaults]\ntls = true\n[[domain]]\nname = "lab-*"\ntls = false\n', 'f.toml');
  const told = settingsFor(config, { name: 'web', metadata: { tls: 'no' } });
  expect(told.settings.tls).toBe(true);
  expect(told.problems).toEqual([
    expect.stringMatching(/^domain web: tls in its metadata: it is not known here/),
  ]);
  expect(settingsFor(config, { name: 'lab-1' }).settings.tls).toBe(false);
});
