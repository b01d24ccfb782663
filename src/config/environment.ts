import { ConfigError } from './config-error.ts';
import { issuesOf } from './issues.ts';
import type { Layer } from './merge.ts';
import { defaultsSchema, KEYS } from './schema.ts';
import { SETTING_NAMES } from './settings.ts';

/** What has no variable: it is for the file and the domain's metadata, or has a flag only. */
const WITHOUT_VARIABLE = [
  SETTING_NAMES.ignore,
  SETTING_NAMES.maintenance,
  SETTING_NAMES.apart,
  SETTING_NAMES.priority,
  SETTING_NAMES.policyOption,
  SETTING_NAMES.tls,
  SETTING_NAMES.tlsDir,
];

/**
 * The settings that the environment states, as the commands take them: SWITCHOVER_MAX_DOWNTIME and so on.
 * @throws {ConfigError} naming each variable that is wrong
 */
export function environmentLayer(env: NodeJS.ProcessEnv): Layer {
  const names = KEYS.defaults.filter((name) => !WITHOUT_VARIABLE.includes(name));
  const given = names.flatMap((name) => {
    const text = env[variableOf(name)];
    return text === undefined ? [] : [[name, text] as const];
  });
  const parsed = defaultsSchema.safeParse(Object.fromEntries(given));
  if (parsed.success) return { from: 'the environment', stated: parsed.data, nameOf: variableOf };
  throw new ConfigError(
    issuesOf(parsed.error, () => names).map(
      ({ path, sentence }) => `${variableOf(String(path[0]))}: ${sentence}`,
    ),
  );
}

function variableOf(name: string): string {
  return `SWITCHOVER_${name.toUpperCase().replaceAll('-', '_')}`;
}
