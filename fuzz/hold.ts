/** What targets say must hold. */

/** Something did not hold. `rule` is the same for every input that breaks it, so that a smaller one is known for the same. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly rule: string;

  constructor(rule: string, detail?: unknown) {
    super(detail === undefined ? rule : `${rule}: ${inShort(detail)}`);
    this.rule = rule;
  }
}

/** @throws {Broken} */
export function hold(truth: boolean, rule: string, detail?: unknown): asserts truth {
  if (!truth) throw new Broken(rule, detail);
}

type ErrorClass = abstract new (...args: never[]) => Error;

/** @returns undefined where it was refused by a documented error. @throws whatever else was thrown */
export function orRefused<T>(parse: () => T, ...documented: readonly ErrorClass[]): T | undefined {
  try {
    return parse();
  } catch (error) {
    refusedBy(error, documented);
    return undefined;
  }
}

/** The same for what takes its time. */
export async function orRejected<T>(
  parse: () => Promise<T>,
  ...documented: readonly ErrorClass[]
): Promise<T | undefined> {
  try {
    return await parse();
  } catch (error) {
    refusedBy(error, documented);
    return undefined;
  }
}

function refusedBy(error: unknown, documented: readonly ErrorClass[]): void {
  if (!documented.some((each) => error instanceof each)) throw error;
  hold((error as Error).message.trim() !== '', 'a refusal has words');
}

export function holdFigure(value: number | undefined, name: string): void {
  hold(
    value === undefined || (Number.isFinite(value) && value >= 0),
    `${name} is finite and not negative`,
    value,
  );
}

/** As a sentence in front of a person: on one line, and no control character in it. */
export function holdSentence(sentence: string, longest = Number.POSITIVE_INFINITY): void {
  hold(sentence.trim() !== '', 'a sentence has words');
  hold(!/\p{Cc}/u.test(sentence), 'a sentence has no control character', sentence);
  hold(sentence.length <= longest, 'a sentence is no longer than a person reads', sentence.length);
}

/** Whatever keys were read, every object is a plain one: none got another prototype by `__proto__`. */
export function holdPlain(value: unknown): void {
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const prototype: unknown = Object.getPrototypeOf(next);
    hold(
      prototype === Object.prototype || prototype === Array.prototype || prototype === null,
      'an object that was read has no prototype of its own',
    );
    waiting.push(...Object.values(next));
  }
}

function inShort(detail: unknown): string {
  const text = typeof detail === 'string' ? JSON.stringify(detail) : String(detail);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
