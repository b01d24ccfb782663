/** Parts that the configuration's schemas are made of. Each problem says what to write instead. */
import { z } from 'zod';
import { UnitError } from '../model/units.ts';

/** A parser whose UnitError becomes the problem. */
function attempt<T>(parse: (text: string) => T) {
  return (given: string, context: z.RefinementCtx): T => {
    try {
      return parse(given);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue({ code: 'custom', message: error.message, input: given });
      return z.NEVER;
    }
  };
}

/** @param like an example of what to write */
export function text<T>(like: string, parse: (text: string) => T) {
  return z.string({ error: `write it as text, like "${like}"` }).transform(attempt(parse));
}

/** What TOML says with a type of its own, XML has to say as text. */
export function textOr<T extends z.ZodType>(parse: (text: string) => unknown, type: T) {
  const parsed = attempt(parse);
  return z.preprocess((given, context) => (typeof given === 'string' ? parsed(given, context) : given), type);
}

export function choice<const T extends string>(choices: readonly [T, ...T[]]) {
  const error = ({ input }: { input?: unknown }) =>
    `${JSON.stringify(input)} is not known: choose ${choices.join(', ')}`;
  return z.enum(choices, { error });
}

export function oneOrMore<T extends z.ZodType>(each: T, what: string) {
  return z.preprocess(
    (given) => (Array.isArray(given) ? given : [given]),
    z.array(each).min(1, `the list is empty: name at least one ${what}`),
  );
}

export function folder(like: string) {
  return z
    .string({ error: `write it as text, like "${like}"` })
    .regex(/^\//, { error: `it must be a path from the root, like "${like}"` });
}

/** The message for what is no table; other issues keep their own. */
export const tableOf = (name: string) => (issue: { code?: string }) =>
  issue.code === 'invalid_type' ? `it must be a table: write ${name} on a line of its own` : undefined;
