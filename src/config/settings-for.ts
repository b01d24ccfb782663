/**
 * The settings in force for one domain: built in < [defaults] < [[domain]] in order < the domain's metadata, as far
 * as the file lets it.
 */
import { type Config, type Domain, entryFits, entryLabel } from './config.ts';
import { heededMetadata, underCeilings } from './heeded.ts';
import { type Contradiction, type Layer, merge } from './merge.ts';
import { readMetadata } from './metadata.ts';
import type { Settings, Stated } from './settings.ts';

export interface Places {
  readonly layers: readonly Layer[];
  /** What of the domain's metadata does not hold, as sentences that name the domain; the rest of it does. */
  readonly problems: readonly string[];
}

/**
 * The places that state something for the domain, the weakest first.
 * @param domain undefined for a guest without a libvirt name: only [defaults] hold
 */
export function placesFor(config: Config, domain: Domain | undefined): Places {
  const defaults: Layer = { from: '[defaults]', stated: config.defaults };
  if (!domain) return { layers: [defaults], problems: [] };
  const heeded = heededMetadata(config, domain);
  const metadata = readMetadata({ name: domain.name, metadata: heeded.attributes });
  const entries = config.domains.flatMap((entry, index): Layer[] =>
    entryFits(entry, domain.name, metadata.class)
      ? [{ from: entryLabel(entry, index), stated: entry.stated }]
      : [],
  );
  const { stated, ceilings, problems } = underCeilings(metadata.stated, config.ceilings, domain.name);
  const own: Layer = { from: "the domain's metadata", stated };
  const held: Layer = { from: '[ceilings]', stated: ceilings };
  return {
    layers: [defaults, ...entries, own, held],
    problems: [...heeded.problems, ...metadata.problems, ...problems],
  };
}

/**
 * Never throws for what a domain's metadata says, and the settings never contradict each other: what was put
 * right to get there is told in `problems`.
 * @param builtIn instead of what is built in otherwise
 */
export function settingsFor(
  config: Config,
  domain?: Domain,
  builtIn: Stated = {},
): { settings: Settings; problems: string[] } {
  const { layers, problems } = placesFor(config, domain);
  const { settings, contradictions } = merge(layers, builtIn);
  return { settings, problems: [...problems, ...problemsOf(contradictions, domain)] };
}

/** What was put right, as sentences that name the domain. */
export function problemsOf(contradictions: readonly Contradiction[], domain: Domain | undefined): string[] {
  const whose = domain ? `domain ${domain.name}: ` : '';
  return contradictions.map(({ sentence, holds }) => `${whose}${sentence}; until then ${holds}`);
}
