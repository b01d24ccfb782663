/** What settings were before switchover changed them, from a journal: what the next one has to put back. Pure. */
import type { Settings, Side } from './journal-entry.ts';
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

/** The first value that was found is the former one: what was found later may have been ours. */
function withOlder(later: Settings, older: Settings | undefined): Settings {
  if (older === undefined) return later;
  return {
    parameters: { ...later.parameters, ...older.parameters },
    capabilities: { ...later.capabilities, ...older.capabilities },
    other: { ...later.other, ...older.other },
  };
}
