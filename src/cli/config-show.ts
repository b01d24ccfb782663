/** The settings in force, and where each comes from. */
import type { Ceilings, Config, Domain, MetadataTrust } from '../config/config.ts';
import { findConfig } from '../config/config-file.ts';
import { environmentLayer } from '../config/environment.ts';
import { type Merged, merge } from '../config/merge.ts';
import { NOTICE, noticeOf } from '../config/notice.ts';
import { BUILT_IN, SETTING_NAMES, type SettingKey, type Settings } from '../config/settings.ts';
import { placesFor, problemsOf } from '../config/settings-for.ts';
import { USUAL_TLS_FOLDER } from '../hypervisor/stream-tls.ts';
import { shown } from '../model/shown.ts';
import { table } from '../model/table.ts';
import { formatDuration, formatRate } from '../model/units.ts';
import { standardError } from './output/standard.ts';
import { UsageError } from './usage-error.ts';

export interface ConfigShowOptions {
  readonly config?: string;
  readonly domain?: string;
  readonly class?: string;
  readonly json?: boolean;
}

/** `switchover config show`. @returns the exit status @throws {ConfigError} @throws {UsageError} */
export function configShow(options: ConfigShowOptions): number {
  const config = findConfig(options.config);
  const domain = domainOf(options);
  const { layers, problems } = placesFor(config, domain);
  const merged = merge([...layers, environmentLayer(process.env)]);
  for (const problem of [...problems, ...problemsOf(merged.contradictions, domain)])
    standardError().write(`switchover: ${shown(problem)}\n`);
  process.stdout.write(
    `${options.json ? JSON.stringify(documentOf(config, options, merged, domain), null, 2) : text(config, options, merged, domain)}\n`,
  );
  return 0;
}

/** @throws {UsageError} */
function domainOf({ domain, class: domainClass }: ConfigShowOptions): Domain | undefined {
  if (domain === undefined && domainClass !== undefined)
    throw new UsageError('--class says the class of a domain: name it with --domain');
  if (domain === undefined) return undefined;
  return { name: domain, metadata: domainClass === undefined ? undefined : { class: domainClass } };
}

const KEYS = Object.keys(SETTING_NAMES) as SettingKey[];

function text(config: Config, { domain }: ConfigShowOptions, merged: Merged, of: Domain | undefined): string {
  const rows = KEYS.map((key) => [SETTING_NAMES[key], inWords(key, merged.settings), origin(key, merged)]);
  const { noticeMs, from } = noticeOf(config, of);
  rows.push([NOTICE, noticeMs === 0 ? 'none' : formatDuration(noticeMs), from]);
  const { connect, stateDir } = config.watch;
  return [
    config.file === undefined
      ? 'no configuration file; `switchover config check` says where one may be'
      : `configuration ${config.file}`,
    `watch follows ${connect.join(', ')}${stateDir === undefined ? '' : ` and keeps journals in ${stateDir}`}`,
    METADATA_WORDS[config.watch.metadata],
    ...ceilingLines(config.ceilings),
    insistWords(config.watch.insist),
    shareWords(config.watch.shareLink),
    ...(domain === undefined ? [] : [`domain ${domain}, without what its own metadata may say`]),
    '',
    table([['SETTING', 'VALUE', 'FROM'], ...rows]),
  ].join('\n');
}

const METADATA_WORDS: Readonly<Record<MetadataTrust, string>> = {
  trusted: "a domain's metadata is trusted with every setting",
  'class-only': "a domain's metadata may name a class of [[domain]], and nothing else",
  ignored: "a domain's metadata is ignored",
};

function insistWords(insist: boolean | undefined): string {
  const who = 'the downtime limit that the one who began a migration sets on the way';
  if (insist === undefined) return `${who} holds, unless he only raises it step by step`;
  return insist ? `${who} does not hold` : `${who} holds`;
}

function shareWords(shareLink: boolean): string {
  return shareLink
    ? 'a memory-intensive migration has the link of its host alone'
    : 'migrations of a host share its link as it comes';
}

function ceilingLines({ maxDowntimeMs, brakeForMs, overBudget }: Ceilings): string[] {
  const words = [
    ...(maxDowntimeMs === undefined ? [] : [`max-downtime ${formatDuration(maxDowntimeMs)}`]),
    ...(brakeForMs === undefined ? [] : [`brake-for ${formatDuration(brakeForMs)}`]),
    ...(overBudget === undefined ? [] : [`over-budget ${overBudget.join(' or ')}`]),
  ];
  return words.length === 0 ? [] : [`it may go up to ${words.join(', ')} ([ceilings])`];
}

function documentOf(
  config: Config,
  { domain }: ConfigShowOptions,
  merged: Merged,
  of: Domain | undefined,
): object {
  const { noticeMs, from } = noticeOf(config, of);
  return {
    schema: 1,
    file: config.file ?? null,
    domain: domain ?? null,
    watch: {
      connect: config.watch.connect,
      stateDir: config.watch.stateDir ?? null,
      metadata: config.watch.metadata,
      insist: config.watch.insist ?? null,
      shareLink: config.watch.shareLink,
    },
    ceilings: {
      maxDowntimeMs: config.ceilings.maxDowntimeMs ?? null,
      brakeForMs: config.ceilings.brakeForMs ?? null,
      overBudget: config.ceilings.overBudget ?? null,
    },
    settings: {
      ...Object.fromEntries(
        KEYS.map((key) => [key, { value: merged.settings[key] ?? null, from: origin(key, merged) }]),
      ),
      noticeMs: { value: noticeMs, from },
    },
  };
}

function origin(key: SettingKey, { settings, origins }: Merged): string {
  const layers = origins.get(key);
  // A pause that nobody states gives way to the other one.
  if (!layers && key === 'downtimeMs' && settings[key] !== BUILT_IN[key])
    return 'no longer than max-downtime';
  if (!layers && key === 'maxDowntimeMs' && settings[key] !== BUILT_IN[key])
    return 'no shorter than downtime';
  if (!layers) return 'built in';
  return layers.map(({ from, nameOf }) => nameOf?.(SETTING_NAMES[key]) ?? from).join(', ');
}

/** What an undefined value means. */
const UNDEFINED: Partial<Record<SettingKey, string>> = {
  timeoutMs: 'never',
  lineRateBytesPerSecond: 'as measured',
  bandwidthBytesPerSecond: 'no cap',
  tlsDir: USUAL_TLS_FOLDER,
};

function inWords(key: SettingKey, settings: Settings): string {
  const value = settings[key];
  if (value === undefined) return UNDEFINED[key] ?? '';
  if (typeof value === 'number') return numberInWords(key, value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.join(' ') || '-';
  return (
    Object.entries(value)
      .map((pair) => pair.join('='))
      .join(' ') || '-'
  );
}

function numberInWords(key: SettingKey, value: number): string {
  if (key === 'priority') return String(value);
  return key.endsWith('Ms') ? formatDuration(value) : formatRate(value);
}
