import type { OverBudgetAction } from '../policy/policy.ts';
import type { DrainConfig } from './drain-config.ts';
import type { Stated } from './settings.ts';

/** One configuration, checked. Every command reads the same. */
export interface Config {
  /** The file that it came from; undefined: there is none, and everything is built in. */
  readonly file: string | undefined;
  readonly watch: WatchConfig;
  /** `[defaults]`. */
  readonly defaults: Stated;
  /** `[ceilings]`. */
  readonly ceilings: Ceilings;
  /** `[drain]`. */
  readonly drain: DrainConfig;
  /** `[[domain]]`, in the file's order: a later one goes before an earlier one. */
  readonly domains: readonly DomainEntry[];
}

export interface WatchConfig {
  /** Libvirt URIs of the hosts to follow; at least one. */
  readonly connect: readonly string[];
  /** Where `switchover watch` keeps its journals, from the root; undefined: where the commands keep them. */
  readonly stateDir: string | undefined;
  /** How far the metadata of domains is heeded. */
  readonly metadata: MetadataTrust;
  /**
   * Whether the limits here hold against those that the one who began a migration sets on the way. Undefined: where he is
   * known, or seen, to raise his limit by steps.
   */
  readonly insist: boolean | undefined;
  /** A memory-intensive migration has its host's link alone: the others' bandwidth is taken from them meanwhile. */
  readonly shareLink: boolean;
}

/**
 * `trusted`: it sets what it likes, up to the ceilings. `class-only`: it names a class that a `[[domain]]` entry has,
 * and nothing else. `ignored`: it says nothing.
 */
export const METADATA_TRUST = ['trusted', 'class-only', 'ignored'] as const;
export type MetadataTrust = (typeof METADATA_TRUST)[number];

/** How far a domain's metadata may go. What the file itself says may go beyond. Undefined: as far as it likes. */
export interface Ceilings {
  readonly maxDowntimeMs: number | undefined;
  readonly brakeForMs: number | undefined;
  /** The actions that metadata may choose. */
  readonly overBudget: readonly OverBudgetAction[] | undefined;
}

/** Settings for the domains that it names: both the name and the class have to fit, where both are given. */
export interface DomainEntry {
  readonly names: readonly { readonly pattern: string; readonly regExp: RegExp }[] | undefined;
  readonly class: string | undefined;
  readonly stated: Stated;
}

/** A libvirt domain, as far as its settings depend on it. */
export interface Domain {
  readonly name: string;
  /** Attributes of its element in the XML namespace `urn:switchover:domain:1`, if it has one. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export function entryFits(entry: DomainEntry, name: string, domainClass: string | undefined): boolean {
  if (entry.class !== undefined && entry.class !== domainClass) return false;
  return entry.names === undefined || entry.names.some(({ regExp }) => regExp.test(name));
}

/** `[[domain]] 2 (name db-*, class batch)`, counted from 1 as a person does. */
export function entryLabel(entry: DomainEntry, index: number): string {
  const says = [
    ...(entry.names ? [`name ${entry.names.map(({ pattern }) => pattern).join(', ')}`] : []),
    ...(entry.class === undefined ? [] : [`class ${entry.class}`]),
  ];
  return `[[domain]] ${index + 1} (${says.join(', ')})`;
}
