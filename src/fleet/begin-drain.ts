/** A drain as it is planned, written down: from then on any controller carries it out. */
import type { PlannedDrain } from '../drain/document.ts';
import { type DrainVm, expectedMs, type Reason } from '../drain/facts.ts';
import { classOfAll } from '../drain/failures.ts';
import { DrainError } from '../drain/reduce.ts';
import type { Database } from '../postgres/database.ts';
import { setCapacity } from './claims.ts';
import { type DrainSettings, linkFrom, linkTo } from './drain-settings.ts';
import { neverOpens, openingOf } from './drain-window.ts';
import { beginDrain, type NewDrain, type NewMove } from './drains.ts';
import { keepPlan } from './kept-plan.ts';
import { newMoveOf } from './new-move.ts';

export interface WantedDrain extends NewDrain {
  readonly settings: DrainSettings;
}

/**
 * @returns the drain that the host has already, or the new one
 * @throws {DrainError} where its windows never open any more @throws {StoreError}
 */
export async function beginPlanned(
  database: Database,
  wanted: WantedDrain,
  planned: Pick<PlannedDrain, 'plan'>,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const { host, settings } = wanted;
  const { plan } = planned;
  const opening = await openingOf(settings, Date.now());
  if (settings.windows && !opening) throw new DrainError(neverOpens(settings.windows));
  const window = opening && { opens: new Date(opening.opensMs), closes: new Date(opening.closesMs) };
  const vms = [...plan.stopped, ...plan.moves.map(({ vm }) => vm), ...plan.held.map(({ vm }) => vm)];
  const begun = await beginDrain(
    database,
    { ...wanted, ...window },
    vms.map((vm) => moveOf(host, vm, settings.atATime)),
  );
  if (!begun.isNew) return begun;
  await setWidths(database, host, settings);
  await keepPlan(database, begun.id, planned);
  return begun;
}

/** As many at a time as was asked for, on all that it uses. */
export async function setWidths(
  database: Database,
  host: string,
  { to, atATime }: Pick<DrainSettings, 'to' | 'atATime'>,
): Promise<void> {
  await setCapacity(database, 'source', host, atATime);
  await setCapacity(database, 'link', linkFrom(host), atATime);
  for (const { uri } of to) {
    await setCapacity(database, 'destination', uri, atATime);
    await setCapacity(database, 'link', linkTo(uri), atATime);
  }
}

function moveOf(host: string, vm: DrainVm, atATime: number): NewMove {
  const { uuid, name, memoryBytes, apart, word, priority, obstacles, forecast } = vm;
  return newMoveOf(host, {
    ...{ uuid, name, memoryBytes, apart, word, priority, obstacles },
    expectsMs: forecast && expectedMs(forecast, atATime),
    // Of which too little is known, and one that stays calm among fewer than there may be, has its link alone.
    intensive: forecast === undefined || forecast.calmAmong < atATime,
    refused: Object.fromEntries([...vm.refusedBy].flatMap(lastingRefusal)),
  });
}

/** Room and connections are asked for again right before the start. */
function lastingRefusal([destination, reasons]: readonly [string, readonly Reason[]]): [string, Reason][] {
  const kind = classOfAll(reasons.map(({ code }) => code));
  const [first] = reasons;
  if (!first || kind === 'transient' || kind === 'capacity') return [];
  return [[destination, { ...first, words: reasons.map(({ words }) => words).join('; ') }]];
}
