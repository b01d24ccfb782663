/**
 * The guest's answers, as `line.c` writes them.
 */

/** A range of generations (how often each page or record was written): the least and the most written one. */
interface Generations {
  readonly generationMin: number;
  readonly generationMax: number;
}

/** Where the guest's work stands. Cheap: no page is checked. */
export interface GuestStatus extends Generations {
  readonly workload: string;
  /** Pages or records written since the guest began, the first touch included. */
  readonly writes: number;
  /** The guest's own clock since its boot; it stands still while the guest does. */
  readonly uptimeMs: number;
}

/** The result of checking every page of the working set, or every record of an application. */
export interface GuestVerification extends Generations {
  readonly checked: number;
  readonly of: 'pages' | 'records';
  /** Those with a wrong content or an old one, those included that were found when they were written again. */
  readonly bad: number;
  readonly writes: number;
  /** False when the guest's table of expected generations itself lost writes. */
  readonly ledgerOk: boolean;
  readonly uptimeMs: number;
}

/** The guest answered something that is no answer to the question. */
export class GuestAnswerError extends Error {
  override readonly name = 'GuestAnswerError';
}

/** @throws {GuestAnswerError} */
export function parseStatus(line: string): GuestStatus {
  const fields = fieldsOf(line, 'STATUS');
  return {
    workload: fields.text('workload'),
    writes: fields.number('writes'),
    ...fields.generations(),
    uptimeMs: fields.number('uptime_ms'),
  };
}

/** @throws {GuestAnswerError} */
export function parseVerification(line: string): GuestVerification {
  const fields = fieldsOf(line, 'VERIFIED');
  return {
    ...fields.checked(),
    bad: fields.number('bad'),
    ...fields.generations(),
    writes: fields.number('writes'),
    ledgerOk: fields.text('ledger') === 'ok',
    uptimeMs: fields.number('uptime_ms'),
  };
}

function fieldsOf(line: string, verb: string) {
  const [first, ...words] = line.trim().split(' ');
  if (first !== verb) throw new GuestAnswerError(`expected ${verb} from the guest, got "${line}"`);
  const fields = new Map(words.map((word) => word.split('=', 2) as [string, string | undefined]));

  function text(name: string): string {
    const value = fields.get(name);
    if (value === undefined) throw new GuestAnswerError(`the guest's answer has no ${name}: "${line}"`);
    return value;
  }
  function whole(name: string, value: string | undefined): number {
    if (value === undefined || !/^\d+$/.test(value))
      throw new GuestAnswerError(`${name} in the guest's answer is not a whole number: "${line}"`);
    return Number(value);
  }
  return {
    text,
    has: (name: string) => fields.has(name),
    number: (name: string) => whole(name, text(name)),
    checked(): Pick<GuestVerification, 'checked' | 'of'> {
      const of = fields.has('records') ? 'records' : 'pages';
      return { checked: whole(of, text(of)), of };
    },
    generations(): Generations {
      const [min, max] = text('gen').split('..');
      return { generationMin: whole('gen', min), generationMax: whole('gen', max) };
    },
  };
}
