import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConfigError } from '../config/config-error.ts';
import { parseScenario, readScenario } from './scenario-file.ts';

const EXAMPLES = path.join(import.meta.dirname, '..', '..', 'docs', 'examples');

const GOOD = `[guest]
memory = "16GiB"
writes = { kind = "uniform", working-set = ["512MiB", "8GiB"], rate = "400MB/s" }
[link]
rate = "10gbit"
`;

function problemsOf(text: string): readonly string[] {
  try {
    parseScenario(text, 'f.toml');
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

test('one value holds for all migrations, two are a range; what is left out has a default', () => {
  const scenario = parseScenario(GOOD, 'f.toml');
  expect(scenario.guest.memoryBytes).toEqual([2 ** 34, 2 ** 34]);
  expect(scenario.guest.writes).toMatchObject({ workingSetBytes: [2 ** 29, 2 ** 33], noise: 0 });
  expect(scenario.linkBytesPerSecond).toEqual([1.25e9, 1.25e9]);
  expect(scenario).toMatchObject({
    policies: [{ name: 'stock' }, { name: 'relaxed' }, { name: 'mp' }, { name: 'forecast' }],
    migrations: 1,
    seed: 1,
  });
});

test.each(readdirSync(EXAMPLES))('the example %s is right', (name) => {
  expect(() => readScenario(path.join(EXAMPLES, name))).not.toThrow();
});

describe('is refused with the path of the key', () => {
  test.each([
    [GOOD.replace('"16GiB"', '"-1GiB"'), /^f.toml: guest\.memory: /],
    [GOOD.replace('"10gbit"', '"0mbit"'), /^f.toml: link\.rate: .*above zero/],
    [GOOD.replace('[link]\nrate = "10gbit"\n', ''), /^f.toml: link: /],
    [GOOD.replace('"512MiB", "8GiB"', '"8GiB", "512MiB"'), /^f.toml: guest\.writes\.working-set: /],
    [GOOD.replace('"8GiB"', '"17GiB"'), /^f.toml: guest\.writes\.working-set: .*above guest\.memory/],
    [GOOD.replace('"uniform"', '"wild"'), /^f.toml: guest\.writes\.kind: /],
    [`${GOOD}[limits]\ndowntime = "9s"\n`, /^f.toml: limits\.downtime: .*longer than limits\.max-downtime/],
    [`${GOOD}[run]\npolicies = ["hope"]\n`, /^f.toml: run\.policies\.0: there is no policy "hope"/],
    [`${GOOD}[run]\nmigrations = 0\n`, /^f.toml: run\.migrations: /],
    [`${GOOD}[rum]\n`, /^f.toml: rum: /],
    ['guest = ', /^f.toml:1: this is no TOML/],
  ])('%#', (text, sentence) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(sentence)]);
  });

  const RECORDED = GOOD.replace(
    '"uniform", working-set = ["512MiB", "8GiB"], rate = "400MB/s"',
    '"recorded", curve = [["1s", "100MB"], ["10s", "1GB"]], noise = "5%"',
  );
  const STEPS = `${GOOD}steps = [["30s", "1gbit"], ["60s", "cut"]]\n`;
  const withPolicies = (list: string) => `${GOOD}[run]\npolicies = [${list}]\n`;

  test('but a recorded guest, a link that changes and policies with parameters are fine', () => {
    expect(parseScenario(RECORDED, 'f.toml').guest.writes).toEqual({
      kind: 'recorded',
      curve: [
        { afterMs: 1000, dirtiedBytes: 1e8 },
        { afterMs: 10_000, dirtiedBytes: 1e9 },
      ],
      phases: undefined,
      noise: 0.05,
    });
    expect(parseScenario(STEPS, 'f.toml').linkSteps).toEqual([
      { afterMs: 30_000, bytesPerSecond: 1.25e8 },
      { afterMs: 60_000, bytesPerSecond: 0 },
    ]);
    const chosen = '"frs", { name = "mp", min-shrink = "20%", patience-passes = 3 }';
    expect(parseScenario(withPolicies(chosen), 'f.toml').policies).toEqual([
      { name: 'frs', given: {} },
      { name: 'mp', given: { 'min-shrink': '20%', 'patience-passes': '3' } },
    ]);
  });

  test.each([
    [RECORDED.replace('"100MB"', '"2GB"'), /^f.toml: guest\.writes\.curve\.1: .*less than the one before/],
    [RECORDED.replace('"10s"', '"1s"'), /^f.toml: guest\.writes\.curve\.1: .*later/],
    [RECORDED.replace('"1GB"', '"17GiB"'), /^f.toml: guest\.writes\.curve: .*above guest\.memory/],
    [RECORDED.replace('noise', 'rate'), /^f.toml: guest\.writes\.rate: .*not known/],
    [GOOD.replace('"400MB/s"', '"400MB/s", curve = []'), /^f.toml: guest\.writes\.curve: .*not known/],
    [STEPS.replace('"30s"', '"0s"'), /^f.toml: link\.steps\.0\.0: .*above zero/],
    [STEPS.replace('"30s"', '"90s"'), /^f.toml: link\.steps\.1: .*later/],
    [STEPS.replace('"cut"', '"0mbit"'), /^f.toml: link\.steps\.1\.1: /],
    [withPolicies('{ name = "hope" }'), /^f.toml: run\.policies\.0\.name: there is no policy "hope"/],
    [withPolicies('{ min-shrink = "1%" }'), /^f.toml: run\.policies\.0: it takes the name/],
    // Found by the fuzzer: a table cannot be made text, and that was an unexpected error.
    [
      withPolicies('{ name = "mp", min-shrink = { a = 1 } }'),
      /^f.toml: run\.policies\.0\.min-shrink: write it as text or as a number/,
    ],
    [withPolicies('"mp", { name = "mp", magic = 1 }'), /^f.toml: run\.policies\.1\.magic: .*no parameter/],
    [
      withPolicies('{ name = "mp", min-shrink = "no" }'),
      /^f.toml: run\.policies\.0\.min-shrink: .*not a percentage/,
    ],
  ])('and so is %#', (text, sentence) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(sentence)]);
  });

  test('all at once', () => {
    expect(problemsOf(GOOD.replace('"16GiB"', '"x"').replace('"10gbit"', '"y"'))).toHaveLength(2);
  });

  test('a file that is not there', () => {
    expect(() => readScenario('/nowhere.toml')).toThrow(/\/nowhere\.toml: it cannot be read \(ENOENT\)/);
  });
});
