import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';

function problemsOf(toml: string): readonly string[] {
  try {
    parseConfig(toml, 'f.toml');
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('everything that can be said is taken, in the units of the program', () => {
  const config = parseConfig(
    `
[watch]
connect = "qemu+ssh://host2/system"
state-dir = "/srv/switchover"
metadata = "class-only"
insist = true
share-link = true
[ceilings]
max-downtime = "8s"
brake-for = "20s"
over-budget = ["abort", "leave"]
[defaults]
policy = "mp"
policy-option = { min-shrink = "5%", patience-passes = 4 }
downtime = "200ms"
max-downtime = "2s"
timeout = "1h"
stall-timeout = "20s"
line-rate = "10gbit"
bandwidth = "5gbit"
over-budget = "leave"
brake-for = "3s"
ignore = true
maintenance = "leave"
apart = "db"
priority = 10
[drain]
at-a-time = 2
order = "easy-first"
priority = 3
start-when = "calm"
calm-within = "2h"
reserve = "8GiB"
link-budget = "5gbit"
window = ["sat,sun 08:00-18:00", "22:00-04:00"]
[[domain]]
name = ["db-*", "web"]
class = "gold"
ignore = false
`,
    'f.toml',
  );
  expect(config).toMatchObject({
    file: 'f.toml',
    watch: {
      connect: ['qemu+ssh://host2/system'],
      stateDir: '/srv/switchover',
      metadata: 'class-only',
      insist: true,
      shareLink: true,
    },
    ceilings: { maxDowntimeMs: 8000, brakeForMs: 20_000, overBudget: ['abort', 'leave'] },
    defaults: {
      policy: 'mp',
      policyOption: { 'min-shrink': '5%', 'patience-passes': '4' },
      downtimeMs: 200,
      maxDowntimeMs: 2000,
      timeoutMs: 3_600_000,
      stallTimeoutMs: 20_000,
      lineRateBytesPerSecond: 1.25e9,
      bandwidthBytesPerSecond: 0.625e9,
      overBudget: 'leave',
      brakeForMs: 3000,
      ignore: true,
      maintenance: 'leave',
      apart: ['db'],
      priority: 10,
    },
    drain: {
      atATime: 2,
      order: 'easy-first',
      priority: 3,
      startWhen: 'calm',
      calmWithinMs: 7_200_000,
      reserveBytes: 8 * 2 ** 30,
    },
    domains: [{ names: [{ pattern: 'db-*' }, { pattern: 'web' }], class: 'gold', stated: { ignore: false } }],
  });
});

test('an empty file says nothing', () => {
  expect(parseConfig('', 'f')).toEqual({
    file: 'f',
    watch: { connect: ['qemu:///system'], stateDir: undefined, metadata: 'trusted', shareLink: false },
    defaults: {},
    ceilings: {},
    drain: {},
    domains: [],
  });
});

test('the example is right', () => {
  const file = path.join(import.meta.dirname, '../../packaging/switchover.toml');
  const example = fs.readFileSync(file, 'utf8');
  expect(parseConfig(example, file).domains).toHaveLength(4);
  // Also with everything that it leaves as a comment.
  const whole = example.replaceAll(/^# ([a-z-]+ = )/gm, '$1');
  expect(Object.keys(parseConfig(whole, file).defaults)).toHaveLength(13);
});

describe('one sentence with its line for each problem', () => {
  test.each([
    ['x = 1', /^f.toml:1: x: it is not known here: there are watch, defaults, ceilings, drain, domain$/],
    [
      '[watch]\nmetadata = "all"',
      /^f.toml:2: metadata: "all" is not known: choose trusted, class-only, ignored$/,
    ],
    ['[watch]\ninsist = "yes"', /^f.toml:2: insist: write true or false, without quotes$/],
    [
      '[ceilings]\ndowntime = "1s"',
      /^f.toml:2: downtime: it is not known here: there are max-downtime, brake-for, over-budget$/,
    ],
    ['[ceilings]\nmax-downtime = 3', /^f.toml:2: max-downtime: write it as text, like "5s"$/],
    ['[ceilings]\nover-budget = []', /^f.toml:2: over-budget: the list is empty: name at least one action/],
    ['[ceilings]\nover-budget = "pray"', /^f.toml:2: over-budget: "pray" is not known: choose abort/],
    ['ceilings = 3', /^f.toml:1: ceilings: it must be a table: write \[ceilings\]/],
    ['[defaults]\nmax_downtime = "1s"', /^f.toml:2: max_downtime: .*did you mean max-downtime\?$/],
    ['[watch]\nconect = "a"', /^f.toml:2: conect: .*did you mean connect\?$/],
    ['[defaults]\ndowntime = 300', /^f.toml:2: downtime: write it as text, like "300ms"$/],
    ['[defaults]\ndowntime = "300"', /^f.toml:2: downtime: "300" is not a duration/],
    ['[defaults]\nmax-downtime = "0s"', /^f.toml:2: max-downtime: it must be above zero/],
    ['[defaults]\nmax-downtime = "1h"', /^f.toml:2: max-downtime: .*over 2000 s/],
    ['[defaults]\nstall-timeout = "0s"', /^f.toml:2: stall-timeout: it must be above zero$/],
    ['[defaults]\nline-rate = "fast"', /^f.toml:2: line-rate: "fast" is not a rate/],
    [
      '[defaults]\npolicy = "hope"',
      /^f.toml:2: policy: "hope" is not known: choose forecast, mp, relaxed, stock$/,
    ],
    [
      '[defaults]\npolicy = "nova"',
      /^f.toml:2: policy: nova is the rule of another system, .* try nova with `switchover simulate`/,
    ],
    ['[defaults]\nover-budget = "pray"', /^f.toml:2: over-budget: .*choose abort, brake, post-copy, leave$/],
    ['[defaults]\npolicy-option = 3', /^f.toml:2: policy-option: write it as a table/],
    ['[defaults]\npolicy-option.a = true', /^f.toml:2: a: write it as text or as a number$/],
    [
      '[defaults]\npolicy-option.magic = 1',
      /^f.toml:2: policy-option of \[defaults\]: policy forecast has no parameter/,
    ],
    ['[defaults]\nignore = "maybe"', /^f.toml:2: ignore: "maybe" is neither true nor false$/],
    [
      '[defaults]\nmaintenance = "kill"',
      /^f.toml:2: maintenance: "kill" is not known: choose move, leave, shutdown, shutdown-and-return, ask$/,
    ],
    ['[defaults]\napart = []', /^f.toml:2: apart: the list is empty: name at least one group, like "db"$/],
    [
      '[defaults]\napart = ["a b"]',
      /^f.toml:2: 0: .*the name of a group is one word|^f.toml:2: apart: the name of a group is one word, like "db"$/,
    ],
    ['[defaults]\npriority = 1001', /^f.toml:2: priority: it takes a whole number from 0 to 1000$/],
    ['[defaults]\npriority = "high"', /^f.toml:2: priority: it takes a whole number from 0 to 1000$/],
    ['[drain]\nat-a-time = 9', /^f.toml:2: at-a-time: it takes a number from 1 to 8$/],
    [
      '[drain]\norder = "random"',
      /^f.toml:2: order: "random" is not known: choose hardest-first, easy-first, listed$/,
    ],
    [
      '[drain]\nafter-vm = "ping"',
      /^f.toml:2: after-vm: write the program and its arguments as a list, like/,
    ],
    [
      '[drain]\nbefore-host = []',
      /^f.toml:2: before-host: write the program and its arguments as a list, like/,
    ],
    ['[drain]\npriority = 1.5', /^f.toml:2: priority: it takes a whole number from 0 to 1000$/],
    ['[drain]\nstart-when = "later"', /^f.toml:2: start-when: .*now.*calm/],
    ['[drain]\ncalm-within = "0s"', /^f.toml:2: calm-within: /],
    ['[drain]\nreserve = "much"', /^f.toml:2: reserve: "much" is not a size/],
    ['[drain]\nwindow = "at night"', /^f.toml:2: window: "at night" is no window: write it like 22:00-04:00/],
    ['[drain]\nreserv = "1GiB"', /^f.toml:2: reserv: .*did you mean reserve\?$/],
    ['drain = 3', /^f.toml:1: drain: it must be a table: write \[drain\]/],
    ['defaults = 3', /^f.toml:1: defaults: it must be a table: write \[defaults\]/],
    ['[domain]\nname = "a"', /^f.toml:1: domain: it is a list of tables: write \[\[domain\]\]/],
    ['[[domain]]\nignore = true', /^f.toml:1: domain: the entry does not say which domains/],
    ['[[domain]]\nname = []', /^f.toml:2: name: the list is empty/],
    ['[[domain]]\nname = "[a"', /^f.toml:2: name: the \[ in "\[a" is never closed/],
    ['[[domain]]\nclass = ""', /^f.toml:2: class: it is empty/],
    ['[watch]\nconnect = "-x"', /^f.toml:2: connect: "-x" is no libvirt URI$/],
    ['[watch]\nconnect = ["a", "a"]', /^f.toml:2: connect: a host is named twice$/],
    ['[watch]\nstate-dir = "here"', /^f.toml:2: state-dir: it must be a path from the root/],
    ['[defaults]\n__proto__ = 1', /^f.toml:2: __proto__: it is not known here/],
    ['a = 1\nb = ', /^f.toml:2: this is no TOML: .* \(column 5\)$/],
    ['a = 1\na = 2', /^f.toml:2: this is no TOML: .*redefine/],
  ])('%j', (toml, sentence) => {
    expect(problemsOf(toml)).toEqual([expect.stringMatching(sentence)]);
  });

  test('all of them at once, in the order of the file', () => {
    const problems = problemsOf(`x = 1
[defaults]
downtime = 3
policy = "hope"
[[domain]]
ignore = 3
[[domain]]
name = "a"
downtime = "2s"
max-downtime = "1s"
`);
    expect(problems.map((problem) => /^f.toml:(\d+): /.exec(problem)?.[1])).toEqual([
      '1',
      '3',
      '4',
      '5',
      '6',
      '10',
    ]);
  });
});

describe('what contradicts itself is refused', () => {
  test.each([
    [
      '[defaults]\ndowntime = "2s"\nmax-downtime = "1s"',
      'f.toml:3: downtime 2 s of [defaults] is longer than max-downtime 1 s of [defaults]: lower the one or raise the other',
    ],
    [
      '[defaults]\ndowntime = "2s"\n[[domain]]\nname = "a"\nmax-downtime = "1s"',
      'f.toml:5: downtime 2 s of [defaults] is longer than max-downtime 1 s of [[domain]] 1 (name a): lower the one or raise the other',
    ],
    [
      '[defaults]\npolicy = "stock"\n[[domain]]\nname = "a"\npolicy-option.min-shrink = "1%"',
      'f.toml:5: policy-option of [[domain]] 1 (name a): policy stock has no parameter "min-shrink": it has none',
    ],
    [
      '[defaults]\nover-budget = "brake"\nbrake = "never"',
      'f.toml:2: brake never of [defaults] and over-budget brake of [defaults] exclude each other: leave one of them out',
    ],
    [
      '[defaults]\nbrake = "when-it-pays"\n[[domain]]\nname = "a"\npolicy = "mp"',
      'f.toml:5: brake when-it-pays of [defaults] is for the policy forecast to find out, and policy mp of [[domain]] 1 (name a) does not: leave one of them out',
    ],
  ])('%j', (toml, problem) => {
    expect(problemsOf(toml)).toEqual([problem]);
  });

  // Found by the fuzzer: a table cannot be made text, and that was an unexpected error.
  test('a table where a name belongs is told as what it is', () => {
    expect(problemsOf('[defaults]\npolicy = { a = 1 }')).toEqual([
      expect.stringMatching(/^f\.toml:2: policy: {"a":1} is not known: choose forecast/),
    ]);
  });

  test('what is built in gives way', () => {
    expect(problemsOf('[defaults]\nmax-downtime = "100ms"')).toEqual([]);
    expect(problemsOf('[defaults]\ndowntime = "10s"')).toEqual([]);
  });

  test('another policy does not take the parameters over', () => {
    expect(
      problemsOf(
        '[defaults]\npolicy = "mp"\npolicy-option.min-shrink = 5\n[[domain]]\nname = "a"\npolicy = "stock"',
      ),
    ).toEqual([]);
  });
});
