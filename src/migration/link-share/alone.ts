/**
 * Which of the migrations over a link has it alone. Sharing a link gains nothing, since it is full either way, and makes the pause of a
 * memory-intensive guest longer by as much as the others take of it; calm ones' pauses are short however it is shared. Pure.
 */

export interface OnLink {
  readonly id: string;
  /** Since when, in milliseconds on any clock, it is known to be memory-intensive; undefined: it is not, or not known to be. */
  readonly intensiveSinceMs: number | undefined;
  /** Its guest stops as soon as the rest fits, or stands still already. */
  readonly switchesOver: boolean;
  /** How often it has had the link for as long as it may, and did not arrive. */
  readonly turns: number;
}

/**
 * Whoever has had fewer turns goes first, then whoever was known first. One that switches over keeps the link until it has.
 * @param holder who has it now @returns undefined: they share it as it comes
 */
export function aloneOnLink(
  migrations: readonly OnLink[],
  holder: { readonly id: string; readonly isSpent: boolean } | undefined,
): string | undefined {
  if (migrations.length < 2) return undefined;
  const present = migrations.find(({ id }) => id === holder?.id);
  if (present && holder && (present.switchesOver || !holder.isSpent)) return holder.id;
  const waiting = migrations.filter(({ intensiveSinceMs }) => intensiveSinceMs !== undefined);
  const since = ({ intensiveSinceMs = 0 }: OnLink) => intensiveSinceMs;
  // The turn that is just over counts.
  const turns = (each: OnLink) => each.turns + (each === present ? 1 : 0);
  return waiting.toSorted((a, b) => turns(a) - turns(b) || since(a) - since(b) || (a.id < b.id ? -1 : 1))[0]
    ?.id;
}
