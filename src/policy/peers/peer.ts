/**
 * What every peer is made of. A peer is the convergence rule of another system, taken from its source and fed
 * with our observations, so that all of them can be compared on one guest and one link. Parameters are data,
 * with the source's defaults.
 */
import type { Observation } from '../../model/observation.ts';
import { UnitError } from '../../model/units.ts';
import type { AutoConverge, Decision, Limits, Policy, PolicyKind, StartsWith } from '../policy.ts';
import { goOn } from './decisions.ts';

export const QEMU_AUTO_CONVERGE: AutoConverge = {
  initialPercent: 20,
  incrementPercent: 10,
  triggerThresholdPercent: 50,
};

export interface PeerEntry {
  readonly name: string;
  readonly summary: string;
  /** Where its rule is written down. */
  readonly source: string;
  /** Parameter names as users write them, with their defaults as text. */
  readonly parameters: Readonly<Record<string, string>>;
  /** @throws {UnitError} for a value that the parameter does not take */
  build(given: Readonly<Record<string, string>>): PolicyKind;
}

/** One parameter of a peer: its name and default as users write them. */
export interface Parameter<T> {
  readonly name: string;
  readonly fallback: string;
  /** @throws {UnitError} */
  parse(text: string): T;
}

type ParameterSet = Readonly<Record<string, Parameter<unknown>>>;

/** The values of a peer's parameters. */
export type Chosen<P extends ParameterSet> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

interface PeerDefinition<P extends ParameterSet> {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  /** Where it depends on the parameters: worked out from them. */
  readonly startsWith: StartsWith | ((chosen: Chosen<P>) => StartsWith);
  readonly parameters: P;
  begin(chosen: Chosen<P>): Policy;
}

export function definePeer<const P extends ParameterSet>(definition: PeerDefinition<P>): PeerEntry {
  const { name, summary, source, startsWith } = definition;
  const parameters = Object.values(definition.parameters);
  return {
    name,
    summary,
    source,
    parameters: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.fallback])),
    build: (given) => {
      const chosen = choose(definition.parameters, given);
      return {
        ...{ name, summary, polls: true },
        startsWith: typeof startsWith === 'function' ? startsWith(chosen) : startsWith,
        begin: (limits) => new Held(definition.begin(chosen), limits),
      };
    },
  };
}

function choose<P extends ParameterSet>(parameters: P, given: Readonly<Record<string, string>>): Chosen<P> {
  const values = Object.entries(parameters).map(([key, { name, fallback, parse }]) => {
    const text = Object.hasOwn(given, name) ? given[name] : undefined;
    try {
      return [key, parse(text ?? fallback)];
    } catch (error) {
      if (error instanceof UnitError) throw new UnitError(`${name}: ${error.message}`, { cause: error });
      throw error;
    }
  });
  return Object.fromEntries(values);
}

/**
 * A peer's rule, held to what is not the peer's to decide: the limit that is set before the supervisor watches
 * is within `--max-downtime` too, and a monitor that has given up says nothing more (it would at every tick
 * of a migration that is to be left running).
 */
class Held implements Policy {
  readonly initialDowntimeLimitMs: number;
  private readonly rule: Policy;
  private gaveUp = false;

  constructor(rule: Policy, limits: Limits) {
    this.rule = rule;
    this.initialDowntimeLimitMs = Math.min(rule.initialDowntimeLimitMs, limits.maxDowntimeMs);
  }

  observe(observation: Observation): Decision {
    if (this.gaveUp) return goOn('it has given the migration up');
    const decision = this.rule.observe(observation);
    this.gaveUp = decision.action === 'abort';
    // A peer reckons with no rate: what the passes told is what the limit is held by.
    return decision.action === 'switchover' && observation.kind === 'boundary'
      ? { ...decision, lineRateBytesPerSecond: observation.lineRateBytesPerSecond }
      : decision;
  }

  takeFailure(decision: Decision, words: string): void {
    this.rule.takeFailure?.(decision, words);
  }

  takeStop(atMs: number): void {
    this.rule.takeStop?.(atMs);
  }

  takeResume(atMs: number): void {
    this.rule.takeResume?.(atMs);
  }
}
