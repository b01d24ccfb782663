/** A configuration file's text, checked as a whole: every problem of it is told at once. */
import { type Config, entryLabel } from './config.ts';
import { ConfigError } from './config-error.ts';
import { type Issue, issuesOf } from './issues.ts';
import { linesOf } from './line-of.ts';
import { type Layer, merge } from './merge.ts';
import { defaultsSchema, domainSchema, fileSchema, KEYS } from './schema.ts';
import { SETTING_NAMES } from './settings.ts';
import { parseToml } from './toml.ts';

/**
 * @param file its name, for problems
 * @throws {ConfigError}
 */
export function parseConfig(toml: string, file: string): Config {
  const document = parseToml(toml, file);
  const checked = fileSchema.safeParse(document);
  const issues = [...(checked.success ? [] : issuesOf(checked.error, keysAt)), ...contradictionsIn(document)];
  if (!checked.success || issues.length > 0) throw new ConfigError(told(issues, toml, file));
  const { domain, drain, ...tables } = checked.data;
  const notices = domain.flatMap(({ noticeMs, ...entry }, index) =>
    noticeMs === undefined
      ? []
      : [{ names: entry.names, class: entry.class, noticeMs, from: entryLabel(entry, index) }],
  );
  const domains = domain.map(({ noticeMs, ...entry }) => entry);
  return { file, ...tables, drain: notices.length > 0 ? { ...drain, notices } : drain, domains };
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const [table] = path;
  switch (table) {
    case 'watch':
    case 'defaults':
    case 'ceilings':
    case 'drain':
    case 'domain':
      return KEYS[table];
    default:
      return KEYS.file;
  }
}

/**
 * What contradicts itself in the combinations that the file itself states: [defaults], and [defaults] with each
 * entry. Parts that are wrong in themselves are left out.
 */
function contradictionsIn(document: Record<string, unknown>): Issue[] {
  const defaults = defaultsSchema.safeParse(document['defaults'] ?? {});
  const below: Layer = { from: '[defaults]', stated: defaults.success ? defaults.data : {} };
  const entries = Array.isArray(document['domain']) ? document['domain'] : [];
  return [
    ...contradictions([below], ['defaults']),
    ...entries.flatMap((given, index) => {
      const entry = domainSchema.safeParse(given);
      if (!entry.success) return [];
      const own: Layer = { from: entryLabel(entry.data, index), stated: entry.data.stated };
      return contradictions([below, own], ['domain', index]);
    }),
  ];
}

/** Only those that the last layer has a part in: the others have been told. */
function contradictions(layers: readonly Layer[], path: readonly PropertyKey[]): Issue[] {
  const last = layers.at(-1);
  const merged = merge(layers);
  return merged.contradictions.flatMap(({ between, sentence }) => {
    const own = between.findLast((key) => last && merged.origins.get(key)?.includes(last));
    return own === undefined ? [] : [{ path: [...path, SETTING_NAMES[own]], sentence }];
  });
}

function told(issues: readonly Issue[], toml: string, file: string): string[] {
  const lines = linesOf(
    toml,
    issues.map(({ path }) => path),
  );
  return issues
    .map((issue, index) => ({ line: lines[index], ...issue }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .map(({ line, sentence, about }) => {
      const where = line === undefined ? file : `${file}:${line}`;
      return `${where}: ${about === undefined ? '' : `${about}: `}${sentence}`;
    });
}
