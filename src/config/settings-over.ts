/** What somebody asks for, laid over what the configuration says: a flag of the command line, or a request. */
import type { Config, Domain } from './config.ts';
import { type Contradiction, type Layer, merge } from './merge.ts';
import type { Settings } from './settings.ts';
import { placesFor, problemsOf } from './settings-for.ts';

export interface Asked {
  readonly settings: Settings;
  /** What was put right in the configuration to get there, as sentences; to be told, not to be stopped by. */
  readonly problems: readonly string[];
  /** Where what is asked for contradicts the rest, or itself: then it is not to be done. */
  readonly contradiction: Contradiction | undefined;
}

/** @param domain undefined for a guest without a libvirt name: of the configuration only [defaults] hold */
export function settingsOver(config: Config, domain: Domain | undefined, own: Layer): Asked {
  const { layers, problems } = placesFor(config, domain);
  const { settings, origins, contradictions } = merge([...layers, own]);
  return {
    settings,
    problems: [...problems, ...problemsOf(contradictions, domain)],
    contradiction: contradictions.find(({ between }) =>
      between.some((key) => origins.get(key)?.includes(own)),
    ),
  };
}
