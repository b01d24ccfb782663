/** What a VM's hooks mean for its move. */
import type { Stage } from '../drain/stages.ts';
import type { Queryable } from '../postgres/database.ts';
import { AFTER_VM } from './after-vm.ts';
import { type Answer, type Hooks, missing } from './hooks.ts';
import type { Move, MoveState } from './move.ts';
import type { Change } from './next-step.ts';

/** A person's program said so, before anything was done to the VM. */
const HOOK_SKIPS = 'hook-skips';
export const HOOK_HOLDS = 'hook-holds';

const DRAIN = `select host, coalesce(settings->'hooks', '[]') as stages from fleet.drain where id = $1`;

/** @returns what becomes of the move; undefined: it begins @throws {StoreError} */
export async function beforeVm(
  within: Queryable,
  hooks: Hooks,
  move: Move,
  letGo: AbortSignal,
): Promise<{ readonly to: MoveState; readonly change: Change } | undefined> {
  const answer = await ask(within, hooks, 'before-vm', move, letGo);
  if (answer.is === 'go') return undefined;
  const { words } = answer;
  if (answer.is === 'skip') return { to: 'left', change: { code: HOOK_SKIPS, words } };
  return { to: 'held', change: { code: HOOK_HOLDS, words } };
}

/** @returns what is written with the end; the drain pauses where the program holds it @throws {StoreError} */
export async function afterVm(
  within: Queryable,
  hooks: Hooks,
  move: Move,
  letGo: AbortSignal,
): Promise<Change> {
  const answer = await ask(within, hooks, 'after-vm', move, letGo);
  return answer.is === 'hold' ? { code: AFTER_VM, words: answer.words, pausesDrain: true } : {};
}

async function ask(
  within: Queryable,
  hooks: Hooks,
  stage: Stage,
  move: Move,
  letGo: AbortSignal,
): Promise<Answer> {
  const { drain, vm, name, destination } = move;
  if (drain === null) return { is: 'go' };
  const [row] = await within.query<{ host: string; stages: string[] }>(DRAIN, [drain]);
  if (!row) return { is: 'go' };
  if (hooks.has(stage))
    return await hooks.ask(
      stage,
      { host: row.host, drain, vm: { uuid: vm, name, destination: destination ?? '' } },
      letGo,
    );
  return row.stages.includes(stage) ? missing(stage) : { is: 'go' };
}
