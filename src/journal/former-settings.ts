/** What settings were before switchover changed them, from a journal: what the next one has to put back. Pure. */
import type { Settings, Side } from './journal-entry.ts';
import { isUnfinished } from './unfinished.ts';
import type { MigrationView } from './view.ts';

/** @returns undefined where nothing was changed on that side, or all was put back */
export function formerSettings(view: Pick<MigrationView, 'settings'>, side: Side): Settings | undefined {
  let former: Settings | undefined;
  for (const event of view.settings) {
    if (event.side !== side) continue;
    if (event.type === 'before') former = withOlder(event.settings, former);
    else if (event.problem === null) former = undefined;
  }
  return former;
}

type Owing = Pick<MigrationView, 'settings' | 'outcome' | 'intents'>;

/**
 * What the next one has to put back. Of a migration whose end was seen only the side that has the guest owes anything: the
 * other one's process is done with. A start that failed has put back what it could without a line for it.
 */
export function owedSettings(view: Owing, side: Side): Settings | undefined {
  const former = formerSettings(view, side);
  if (former === undefined || isUnfinished(view)) return former;
  if (view.outcome?.runsOn !== side) return undefined;
  const wasStarted = view.intents.some(({ intent }) => intent === 'start');
  return wasTriedAt(view, side) || !wasStarted ? former : undefined;
}

/**
 * What is owed, and what could not be put back at the side that does not have the guest: that is done with as well, unless
 * the guest goes to that very QEMU after all.
 */
export function leftSettings(view: Owing, side: Side): Settings | undefined {
  return owedSettings(view, side) ?? (wasTriedAt(view, side) ? formerSettings(view, side) : undefined);
}

/** Whether the next migration of that VM has to look at it: it did not see its end, or left something set. */
export function concernsTheNext(view: Owing): boolean {
  return (
    isUnfinished(view) ||
    leftSettings(view, 'source') !== undefined ||
    leftSettings(view, 'destination') !== undefined
  );
}

function wasTriedAt(view: Owing, side: Side): boolean {
  return view.settings.findLast((event) => event.side === side)?.type === 'restored';
}

export function owesSettings(view: Owing): boolean {
  return owedSettings(view, 'source') !== undefined || owedSettings(view, 'destination') !== undefined;
}

/** The first value that was found is the former one: what was found later may have been ours. */
function withOlder(later: Settings, older: Settings | undefined): Settings {
  if (older === undefined) return later;
  return {
    parameters: { ...later.parameters, ...older.parameters },
    capabilities: { ...later.capabilities, ...older.capabilities },
    other: { ...later.other, ...older.other },
    made: [...new Set([...(older.made ?? []), ...(later.made ?? [])])],
  };
}
