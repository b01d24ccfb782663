/** The cells of the fault matrix: which side is struck, by what, and when. */
import type { Side } from '../../lab/namespaces.ts';

export type { Side };
export const SIDES: readonly Side[] = ['source', 'destination'];

/** What strikes. The first four take the monitor's connection only: QEMU and its guest live on. */
export const FAULTS = ['lost-2s', 'lost', 'silent-3s', 'silent', 'killed'] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * When. `completed`: the source has just said so. `cancel`: as soon as the cancel sends its first command, in a pass or
 * in the stop-and-copy.
 */
export const PHASES = ['pass-1', 'later-pass', 'stopped', 'completed', 'cancel', 'cancel-stopped'] as const;
export type Phase = (typeof PHASES)[number];

export interface Cell {
  readonly side: Side;
  readonly fault: Fault;
  readonly phase: Phase;
}

export const CELLS: readonly Cell[] = SIDES.flatMap((side) =>
  FAULTS.flatMap((fault) => PHASES.map((phase) => ({ side, fault, phase }))),
);

/** As `destination/lost/later-pass`. */
export function nameOf({ side, fault, phase }: Cell): string {
  return `${side}/${fault}/${phase}`;
}

/**
 * @param pattern parts of names with `*` between them, alternatives between commas: `destination/lost/*,source/killed`
 * @returns the cells whose name begins so
 * @throws {Error} when there is none
 */
export function cellsLike(pattern: string): Cell[] {
  const found = pattern
    .split(',')
    .map((one) => new RegExp(`^${one.trim().split('*').map(escaped).join('.*')}(/|$)`))
    .flatMap((matches) => CELLS.filter((cell) => matches.test(nameOf(cell))));
  if (found.length === 0)
    throw new Error(`no cell is like "${pattern}": they are called SIDE/FAULT/PHASE, such as ${examples()}`);
  return CELLS.filter((cell) => found.includes(cell));
}

function escaped(text: string): string {
  return text.replaceAll(/[^\w/-]/g, '\\$&');
}

function examples(): string {
  return CELLS.filter((_, index) => index % 17 === 3)
    .map(nameOf)
    .join(', ');
}

/** Comes back by itself, soon: nobody has to be asked for that. */
export function isBrief({ fault }: Cell): boolean {
  return fault === 'lost-2s' || fault === 'silent-3s';
}

export function isCancel({ phase }: Cell): boolean {
  return phase === 'cancel' || phase === 'cancel-stopped';
}

/** A killed source takes the only whole guest with it, unless it had handed it over. */
export function losesTheGuest({ side, fault, phase }: Cell): boolean {
  return side === 'source' && fault === 'killed' && phase !== 'completed';
}
