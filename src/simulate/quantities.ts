/** How a scenario writes quantities, as schemas: text with units, above zero where zero means nothing. */
import { z } from 'zod';

/** One value, or two between which each migration draws its own. */
export type Range = readonly [number, number];

/** Text into a number. @throws {Error} with a sentence of what it takes */
export type Parser = (text: string) => number;

export const quantity = (parser: Parser) =>
  z.string().transform((text, context) => orIssue(() => parser(text), context));

export const positive = (parser: Parser) => quantity(above0(parser));

/** One text, or a list of two of them. */
export const range = (parser: Parser) =>
  z.unknown().transform((given, context) => orIssue(() => rangeOf(given, above0(parser)), context));

/** A list of pairs, each `["10s", "512MiB"]`: a time, and what belongs to it. Times rise. */
export const timeline = (time: Parser, value: Parser) =>
  z
    .array(z.tuple([quantity(time), quantity(value)]))
    .nonempty()
    .superRefine((pairs, context) => {
      pairs.forEach(([atMs], index) => {
        if (index > 0 && !(atMs > (pairs[index - 1]?.[0] ?? 0)))
          context.addIssue({
            code: 'custom',
            path: [index],
            message: 'it must be later than the one before',
          });
      });
    });

export function above0(parser: Parser): Parser {
  return (text) => {
    const value = parser(text);
    if (value > 0) return value;
    throw new Error('it must be above zero');
  };
}

function rangeOf(given: unknown, parser: Parser): Range {
  const texts = Array.isArray(given) ? given : [given, given];
  const [least, most, ...others] = texts.map((text: unknown) => {
    if (typeof text === 'string') return parser(text);
    throw new Error('write it as text, or as a list of two between which each migration draws its own');
  });
  if (least === undefined || most === undefined || others.length > 0)
    throw new Error('a list has two values, between which each migration draws its own');
  if (least > most) throw new Error('the first of the two must not be above the second');
  return [least, most];
}

function orIssue<T>(parse: () => T, context: z.RefinementCtx): T {
  try {
    return parse();
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}
