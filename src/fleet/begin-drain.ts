/** A drain as it is planned, written down: from then on any controller carries it out. */
import { beginNow } from '../drain/calm.ts';
import type { PlannedDrain } from '../drain/document.ts';
import { type DrainVm, expectedMs, type Reason } from '../drain/facts.ts';
import { classOfAll } from '../drain/failures.ts';
import { wayOfWord } from '../drain/own-word.ts';
import { DrainError } from '../drain/reduce.ts';
import type { Database } from '../postgres/database.ts';
import { boundOf } from './calm-bound.ts';
import { keepLooks } from './calm-waits.ts';
import type { CalmWish } from './calm-wish.ts';
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
  const moves = vms.map((vm) => ({ vm, move: moveOf(host, vm, settings.atATime) }));
  const sinceMs = Math.max(Date.now(), opening?.opensMs ?? 0);
  const left = moves.flatMap(({ move }) => (move.way === 'move' ? leftOfNew(move) : []));
  const untilMs = boundOf(settings, { deadlineMs: wanted.deadline?.getTime() ?? null, left }, sinceMs);
  const calm = { since: new Date(sinceMs), until: new Date(untilMs) };
  const mayWait = settings.startWhen === 'calm' && untilMs > sinceMs;
  const begun = await beginDrain(
    database,
    { ...wanted, ...window },
    moves.map(({ vm, move }) => (mayWait ? waitingIfBusy(vm, move, calm) : move)),
  );
  if (!begun.isNew) return begun;
  await keepLooks(
    database,
    vms.flatMap(({ uuid, now }) => (now ? [{ vm: uuid, look: now }] : [])),
  );
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

function leftOfNew({ expectsMs, calmAmong }: NewMove) {
  return [{ expectsMs, calmAmong: calmAmong ?? undefined, runningMs: undefined }];
}

/** One that cannot move whatever it does is held as ever. */
function waitingIfBusy(
  { now, name, obstacles, word }: DrainVm,
  move: NewMove,
  calm: Pick<CalmWish, 'since' | 'until'>,
): NewMove {
  const isBusy = now?.is === 'busy' || now?.is === 'no-pause-fits' || (now?.is === 'unknown' && now.passes);
  const others = obstacles.filter(({ code }) => code !== 'no-pause-fits');
  if (!isBusy || others.length > 0 || wayOfWord(word) !== 'move') return move;
  const words = now.is === 'no-pause-fits' ? now.reason.words : now.words;
  return { ...move, calmAmong: 1, obstacles: [], calm: { ...calm, words, remedy: beginNow(name) } };
}

function moveOf(host: string, vm: DrainVm, atATime: number): NewMove {
  const { uuid, name, memoryBytes, apart, word, priority, obstacles, forecast } = vm;
  return newMoveOf(host, {
    ...{ uuid, name, memoryBytes, apart, word, priority, obstacles },
    expectsMs: forecast && expectedMs(forecast, atATime),
    // Of which too little is known has its links alone.
    calmAmong: forecast?.calmAmong ?? 1,
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
