/** A policy as a scenario names it: `"mp"`, or `{ name = "mp", min-shrink = "20%" }`. */
import { z } from 'zod';
import { choosePolicy, PolicyError } from '../policy/policies.ts';
import type { PolicyKind } from '../policy/policy.ts';
import { SIMULATED_POLICIES } from '../policy/simulated-policies.ts';

export interface PolicyChoice {
  readonly name: string;
  /** Parameters by name, as text; what is left out has its default. */
  readonly given: Readonly<Record<string, string>>;
}

/** @throws {PolicyError} */
export function kindOf({ name, given }: PolicyChoice): PolicyKind {
  return choosePolicy(name, given, SIMULATED_POLICIES);
}

/** `mp min-shrink=20%`. */
export function labelOf({ name, given }: PolicyChoice): string {
  return [name, ...Object.entries(given).map(([key, text]) => `${key}=${text}`)].join(' ');
}

const names = Object.keys(SIMULATED_POLICIES);

/** Each thing that is wrong is told at its own key. */
export const policyChoice = z
  .union([z.string(), z.looseObject({ name: z.string() })], {
    error: 'it takes the name of a policy, or a table with a name and parameters',
  })
  .transform((written, context): PolicyChoice => {
    const { name, ...parameters } = typeof written === 'string' ? { name: written } : written;
    const issue = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
    if (!names.includes(name)) {
      const at = typeof written === 'string' ? [] : ['name'];
      issue(`there is no policy ${JSON.stringify(name)}: there are ${names.join(', ')}`, ...at);
      return z.NEVER;
    }
    const given: Record<string, string> = {};
    for (const [key, value] of Object.entries(parameters)) {
      // A table of TOML cannot even be made text.
      if (!['string', 'number', 'boolean'].includes(typeof value)) {
        issue('write it as text or as a number', key);
        continue;
      }
      given[key] = String(value);
      try {
        kindOf({ name, given: { [key]: given[key] } });
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        issue(error.message, key);
      }
    }
    return { name, given };
  });
