/** Files that an administrator writes, and patterns in them that are laid against names that others chose. */
import { ConfigError } from '../../src/config/config-error.ts';
import { environmentLayer } from '../../src/config/environment.ts';
import { parseGlob } from '../../src/config/glob.ts';
import { merge } from '../../src/config/merge.ts';
import { parseConfig } from '../../src/config/parse-config.ts';
import { policyOf } from '../../src/config/settings.ts';
import { settingsFor } from '../../src/config/settings-for.ts';
import { parsePolicyOptions, parseYesOrNo } from '../../src/config/values.ts';
import { recorded } from '../../src/hypervisor/simulated/memory/recorded.ts';
import { UnitError } from '../../src/model/units.ts';
import { choosePolicy, PolicyError } from '../../src/policy/policies.ts';
import { SIMULATED_POLICIES } from '../../src/policy/simulated-policies.ts';
import { kindOf } from '../../src/simulate/policy-choice.ts';
import { parseScenario } from '../../src/simulate/scenario-file.ts';
import { hold, holdFigure, holdPlain, orRefused } from '../hold.ts';
import { sample } from '../samples.ts';
import type { Target } from '../target.ts';

const USUAL = sample('packaging/switchover.toml');
/** All of it, with nothing left out by a comment. */
const WHOLE = USUAL.replace(/^# ?(?=[[a-z-]+.*[=\]])/gm, '');
const SCENARIOS = ['loop', 'fleet', 'maintenance', 'exchange-rate'].map((name) =>
  sample(`docs/examples/${name}.toml`),
);

const TOML_WORDS = [
  ...[
    '[',
    ']',
    '[[',
    ']]',
    '=',
    '{ ',
    ' }',
    '"""',
    "'''",
    '"',
    "'",
    ',',
    '\n',
    '#',
    '1979-05-27T07:32:00Z',
    'inf',
  ],
  ...[
    'nan',
    '0x1f',
    '1_000',
    '__proto__ = 1',
    '[__proto__]',
    'constructor.prototype = 1',
    '\\u0000',
    '\\',
    '.',
  ],
];

const PARAMETERS = Object.entries(SIMULATED_POLICIES).map(([name, { parameters }]) =>
  [name, ...Object.entries(parameters).map(([key, value]) => `${key}=${value}`)].join(' '),
);

export const targets: readonly Target[] = [
  {
    name: 'config/file',
    reads: 'the configuration, as TOML',
    seeds: [
      USUAL,
      WHOLE,
      '[defaults]\npolicy = "mp"\npolicy-option = { min-shrink = "5%" }\n[[domain]]\nname = "db-*"\n',
    ],
    words: [...TOML_WORDS, ...wordsOf(WHOLE)],
    mostBytes: 8192,
    // For each line that is told the file is parsed up to some of its lines.
    msPerByte: 0.15,
    check(input) {
      const config = orRefused(() => parseConfig(input.toString(), 'f.toml'), ProblemsOf);
      if (!config) return;
      for (const name of ['vm1', 'db-1', '__proto__', 'a'.repeat(64)]) {
        const { settings, problems } = settingsFor(config, { name, metadata: { class: 'batch' } });
        hold(settings.downtimeMs <= settings.maxDowntimeMs, 'settings do not contradict each other');
        holdFigure(settings.maxDowntimeMs, 'a setting');
        hold(policyOf(settings).name !== '', 'settings name a policy');
        hold(
          problems.every((problem) => problem !== ''),
          'a problem has words',
        );
      }
      holdPlain(config.defaults);
    },
  },
  {
    name: 'config/scenario',
    reads: 'what `simulate` simulates, as TOML',
    seeds: SCENARIOS,
    words: [
      ...TOML_WORDS,
      ...wordsOf(SCENARIOS.join('\n')),
      'recorded',
      'curve = [["1s", "1MiB"], ["2s", "2MiB"]]',
      'cut',
    ],
    mostBytes: 8192,
    check(input) {
      const scenario = orRefused(() => parseScenario(input.toString(), 'f.toml'), ProblemsOf);
      if (!scenario) return;
      const { guest, linkBytesPerSecond, linkSteps, policies } = scenario;
      for (const [least, most] of [guest.memoryBytes, linkBytesPerSecond]) {
        hold(least > 0 && least <= most && Number.isFinite(most), 'a range goes up', least);
      }
      for (const { afterMs, bytesPerSecond } of linkSteps)
        for (const each of [afterMs, bytesPerSecond]) holdFigure(each, 'a step of the link');
      for (const policy of policies) hold(kindOf(policy).name !== '', 'a scenario names policies');
      if (guest.writes.kind === 'recorded')
        holdFigure(recorded(guest.writes.curve).workingSetBytes, 'a working set');
    },
  },
  {
    name: 'config/glob',
    reads: "a pattern and a domain's name",
    seeds: ['db-*\u0001db-1', '[!a-z]?[0-9]*x\u0001B77x', '*a*a*a*b\u0001aaaaaaaaaaaaaaaab', '[]x]\u0001]'],
    words: ['*', '?', '[', ']', '[!', '-', '\\', 'a', '*a', '\u0001', '😀', '^', '$', '(', '{2}'],
    mostBytes: 2048,
    check(input) {
      const [pattern = '', name = ''] = input.toString().split('\u0001');
      const glob = orRefused(() => parseGlob(pattern), UnitError);
      if (!glob) return;
      const fits = glob.test(name);
      if (!/[[\]]/.test(pattern))
        hold(fits === fitsSimply([...pattern], [...name]), 'a pattern fits what it says', pattern);
    },
  },
  {
    name: 'config/environment',
    reads: 'settings in the environment',
    seeds: [
      'SWITCHOVER_DOWNTIME=300ms\nSWITCHOVER_POLICY=mp',
      'SWITCHOVER_OVER_BUDGET=brake\nSWITCHOVER_LINE_RATE=10gbit',
    ],
    words: [
      ...[
        'SWITCHOVER_',
        'DOWNTIME=',
        'MAX_DOWNTIME=',
        'TIMEOUT=',
        'STALL_TIMEOUT=',
        'LINE_RATE=',
        'BANDWIDTH=',
      ],
      ...[
        'OVER_BUDGET=',
        'BRAKE=',
        'BRAKE_FOR=',
        'POLICY=',
        'IGNORE=',
        '\n',
        'never',
        'when-it-pays',
        'nova',
        '5s',
      ],
    ],
    check(input) {
      const env = Object.fromEntries(
        input
          .toString()
          .split('\n')
          .map((line): [string, string] => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
      );
      const layer = orRefused(() => environmentLayer(env), ProblemsOf);
      if (!layer) return;
      const { settings } = merge([layer]);
      hold(settings.downtimeMs <= settings.maxDowntimeMs, 'settings do not contradict each other');
      holdFigure(settings.maxDowntimeMs, 'a setting');
    },
  },
  {
    name: 'config/policy',
    reads: "a policy's name and parameters",
    seeds: [...PARAMETERS, 'mp min-shrink=5%,patience-passes=4', 'yes', 'nova'],
    words: [...PARAMETERS.flatMap((line) => line.split(' ')), '=', ',', ' ', '%', '__proto__=1', 'true'],
    check(input) {
      const text = input.toString();
      orRefused(() => parseYesOrNo(text), UnitError);
      const [name = '', ...rest] = text.split(' ');
      const given = orRefused(() => parsePolicyOptions(rest.join(' ')), UnitError);
      if (!given) return;
      const kind = orRefused(() => choosePolicy(name, given, SIMULATED_POLICIES), PolicyError);
      hold(kind === undefined || kind.name !== '', 'a policy has a name');
    },
  },
];

/** Each problem of a configuration is told by itself. */
class ProblemsOf extends Error {
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (!(error instanceof ConfigError)) return false;
    hold(error.problems.length > 0, 'a configuration that is refused has a problem');
    for (const problem of error.problems) hold(problem.trim() !== '', 'a problem has words');
    return true;
  }
}

function wordsOf(toml: string): string[] {
  return [...new Set(toml.match(/\[+[\w-]+\]+|"[^"\n]*"|^[\w-]+ = /gm) ?? [])];
}

/** Where the last star began is tried again one further on; an earlier star need not be. */
function fitsSimply(pattern: readonly string[], name: readonly string[]): boolean {
  let [at, nameAt, starAt, triedFrom] = [0, 0, -1, 0];
  while (nameAt < name.length)
    if (pattern[at] === '*') {
      starAt = at;
      triedFrom = nameAt;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[nameAt])) {
      at += 1;
      nameAt += 1;
    } else if (starAt >= 0) {
      at = starAt + 1;
      triedFrom += 1;
      nameAt = triedFrom;
    } else return false;
  return pattern.slice(at).every((each) => each === '*');
}
