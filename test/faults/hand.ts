/**
 * The hand that exit status 6 names, taken from what switchover says: a person would type what is between the
 * back-quotes, so the matrix types just that. Pure.
 */
import type { Side } from './cell.ts';

export type Hand =
  /** The words after `switchover`. */
  | { readonly type: 'attach'; readonly words: readonly string[] }
  /** `cont` on the monitor of that side. */
  | { readonly type: 'cont'; readonly side: Side };

/** @returns undefined where the text leaves it to the reader what to do, on which side */
export function handIn(text: string): Hand | undefined {
  const attach = /`switchover (attach [^`]+)`/.exec(text)?.[1];
  if (attach !== undefined) return { type: 'attach', words: attach.trim().split(/\s+/) };
  const cont =
    /`cont`,? (?:on|at) the (source|destination)/.exec(text) ??
    /resume the (source|destination) \(`cont`/.exec(text);
  return cont ? { type: 'cont', side: cont[1] as Side } : undefined;
}
