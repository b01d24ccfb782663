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
  expect(scenario.guest.writes.workingSetBytes).toEqual([2 ** 29, 2 ** 33]);
  expect(scenario.linkBytesPerSecond).toEqual([1.25e9, 1.25e9]);
  expect(scenario).toMatchObject({ policies: ['stock', 'relaxed', 'mp'], migrations: 1, seed: 1 });
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

  test('all at once', () => {
    expect(problemsOf(GOOD.replace('"16GiB"', '"x"').replace('"10gbit"', '"y"'))).toHaveLength(2);
  });

  test('a file that is not there', () => {
    expect(() => readScenario('/nowhere.toml')).toThrow(/\/nowhere\.toml: it cannot be read \(ENOENT\)/);
  });
});
