import { UnitError } from '../model/units.ts';
import { FRS_IS_SIMULATED } from './frs.ts';
import { OWN_POLICIES, type PolicyEntry } from './own-policies.ts';
import { PEERS } from './peers/peers.ts';
import type { PolicyKind } from './policy.ts';

/** No such policy, or no such parameter of it; the message lists what there is. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** Every policy that `--policy` takes: our own first, then the rules of other systems. */
export const POLICIES: Readonly<Record<string, PolicyEntry>> = { ...OWN_POLICIES, ...PEERS };

/**
 * @param name a key of `among`
 * @param given parameters by name, as text
 * @throws {PolicyError}
 */
export function choosePolicy(
  name: string,
  given: Readonly<Record<string, string>> = {},
  among: Readonly<Record<string, PolicyEntry>> = POLICIES,
): PolicyKind {
  const entry = Object.hasOwn(among, name) ? among[name] : undefined;
  if (!entry && name === 'frs') throw new PolicyError(FRS_IS_SIMULATED);
  if (!entry) throw new PolicyError(`there is no policy "${name}": choose ${Object.keys(among).join(', ')}`);
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(entry.parameters, key));
  if (unknown !== undefined) {
    const known = Object.keys(entry.parameters);
    const advice = known.length > 0 ? `it has ${known.join(', ')}` : 'it has none';
    throw new PolicyError(`policy ${name} has no parameter "${unknown}": ${advice}`);
  }
  try {
    return entry.build(given);
  } catch (error) {
    if (error instanceof UnitError)
      throw new PolicyError(`policy ${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
