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
  const wasTried = view.settings.findLast((event) => event.side === side)?.type === 'restored';
  const wasStarted = view.intents.some(({ intent }) => intent === 'start');
  return wasTried || !wasStarted ? former : undefined;
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
