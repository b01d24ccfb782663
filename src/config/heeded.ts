/**
 * How far a domain's own metadata is heeded, where those who may write it are not those who run the host: the
 * configuration file alone says so. Pure.
 */
import { formatDuration } from '../model/units.ts';
import type { Ceilings, Config, Domain, MetadataTrust } from './config.ts';
import { SETTING_NAMES, type Stated } from './settings.ts';

export interface Heeded {
  readonly attributes: Readonly<Record<string, string>>;
  /** What was left out, as sentences that name the domain. */
  readonly problems: readonly string[];
}

/** The attributes that count at all. What is ignored as configured is no problem. */
export function heededMetadata({ watch, domains }: Config, domain: Domain): Heeded {
  const { name, metadata = {} } = domain;
  const heeding: Record<MetadataTrust, () => Heeded> = {
    trusted: () => ({ attributes: metadata, problems: [] }),
    ignored: () => ({ attributes: {}, problems: [] }),
    'class-only': () => {
      const { class: named, ...others } = metadata;
      const left = Object.keys(others);
      const problems =
        left.length === 0
          ? []
          : [
              `domain ${name}: ${left.join(', ')} in its metadata: left out, because metadata is "class-only" in [watch]: settings go in the configuration, in a [[domain]] entry`,
            ];
      if (named === undefined) return { attributes: {}, problems };
      if (domains.some((entry) => entry.class === named)) return { attributes: { class: named }, problems };
      const unknown = `domain ${name}: class "${named}" in its metadata: left out, because no [[domain]] entry of the configuration has that class`;
      return { attributes: {}, problems: [...problems, unknown] };
    },
  };
  return heeding[watch.metadata]();
}

export interface UnderCeilings {
  /** What metadata states, as far as no ceiling is in its way. */
  readonly stated: Stated;
  /** What holds in place of that which was above its ceiling. */
  readonly ceilings: Stated;
  readonly problems: readonly string[];
}

/** A pause that is always fine is one that is allowed, so `downtime` has the ceiling of `max-downtime`. */
export function underCeilings(given: Stated, ceilings: Ceilings, name: string): UnderCeilings {
  const { overBudget, brake, ...others } = given;
  let stated: Stated = others;
  let held: Stated = {};
  const problems: string[] = [];
  const durations = [
    ['downtimeMs', ceilings.maxDowntimeMs, 'max-downtime'],
    ['maxDowntimeMs', ceilings.maxDowntimeMs, 'max-downtime'],
    ['brakeForMs', ceilings.brakeForMs, 'brake-for'],
  ] as const;
  for (const [key, ceilingMs, ceilingName] of durations) {
    const ms = given[key];
    if (ms === undefined || ceilingMs === undefined || ms <= ceilingMs) continue;
    const { [key]: above, ...rest } = stated;
    stated = rest;
    held = { ...held, [key]: ceilingMs };
    problems.push(
      `domain ${name}: ${SETTING_NAMES[key]} ${formatDuration(ms)} in its metadata is over ${ceilingName} ${formatDuration(ceilingMs)} of [ceilings], which holds in its place`,
    );
  }
  if (overBudget !== undefined) {
    const allowed = ceilings.overBudget;
    if (allowed === undefined || allowed.includes(overBudget)) stated = { ...stated, overBudget };
    else
      problems.push(
        `domain ${name}: over-budget "${overBudget}" in its metadata: left out, because [ceilings] allows metadata ${allowed.join(', ')} only`,
      );
  }
  const mayBrakeAtAll = ceilings.overBudget === undefined || ceilings.overBudget.includes('brake');
  if (brake !== 'when-it-pays' || mayBrakeAtAll)
    stated = { ...stated, ...(brake === undefined ? {} : { brake }) };
  else
    problems.push(
      `domain ${name}: brake "${brake}" in its metadata: left out, because over-budget of [ceilings] does not allow metadata a brake`,
    );
  return { stated, ceilings: held, problems };
}
