/**
 * VMs that wait for a calmer moment: any controller looks at one whose time has come, one of a host at a time, and writes what
 * the rule (`src/drain/calm.ts`) makes of it. All that is known of a wait stands in its row. A controller that is killed in a look
 * leaves its mark there, and once that has run out another looks.
 */
import { addAbortListener } from 'node:events';
import { type CalmMoment, type CalmStep, calmStep } from '../drain/calm.ts';
import type { CalmLook } from '../drain/facts.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { boundOf, leftOf } from './calm-bound.ts';
import { type DrainRows, type MoveRow, readDrain } from './drain-rows.ts';
import { type DrainSettings, parseDrainSettings } from './drain-settings.ts';
import { DRAIN_LETS } from './drain-window.ts';
import { tell } from './events.ts';

/** Looks at a VM without disturbing it. */
export interface CalmLooker {
  /** @throws {Error} with a sentence, where it cannot be looked at now */
  look(wish: LookWish): Promise<CalmLook>;
}

export interface LookWish {
  readonly vm: string;
  readonly source: string;
  /** Of its drain's hosts one that may take it. */
  readonly to: DrainSettings['to'][number];
  readonly settings: DrainSettings;
  /** What was stated for it alone. */
  readonly stated: Readonly<Record<string, unknown>>;
}

interface CalmWaitsParts {
  readonly database: Database;
  readonly looker: CalmLooker;
  /** Longer than any look takes. */
  readonly lookingMs: number;
  /** Looks at a time, each at another host. */
  readonly most: number;
  warn(words: string): void;
}

/** Its drain may begin moves now, and nobody looks at another of its host: looks beside each other disturb. */
const CLAIM = `
update fleet.move set looking_until = clock_timestamp() + $1 * interval '1 ms'
where id = (
  select move.id from fleet.move join fleet.drain on drain.id = move.drain
  where move.waits_calm and move.state = 'queued' and move.next_try <= now()
    and coalesce(move.looking_until < clock_timestamp(), true)
    and ${DRAIN_LETS}
    and not exists (select from fleet.move as other
      where other.source = move.source and other.waits_calm and other.state = 'queued' and other.looking_until > clock_timestamp())
  order by drain.priority desc, move.next_try limit 1 for update of move skip locked
) returning id, drain`;

/** What a person has decided meanwhile stands. */
const STILL = "where id = $1 and waits_calm and state = 'queued'";

const GO = `
update fleet.move set waits_calm = false, was_calm = false, looking_until = null, code = null, words = null, remedy = null, next_try = now(),
  expects_ms = coalesce($2, expects_ms), calm_until = to_timestamp($3 / 1000.0) ${STILL} returning id`;

/** One that is busy has its link alone, whenever it begins. */
const WAIT = `
update fleet.move set looking_until = null, intensive = intensive or not $8, was_calm = $8, code = $2, words = $3, remedy = $4, next_try = to_timestamp($5 / 1000.0),
  calm_until = to_timestamp($6 / 1000.0), expects_ms = coalesce($7, expects_ms) ${STILL}`;

const HOLD = `
update fleet.move set state = 'held', waits_calm = false, looking_until = null, code = $2, words = $3, remedy = $4,
  calm_until = to_timestamp($5 / 1000.0) ${STILL} returning id`;

const KEPT = "interval '14 days'";

export class CalmWaits implements AsyncDisposable {
  private readonly parts: CalmWaitsParts;
  private readonly looking = new Set<Promise<void>>();
  private readonly ending = new AbortController();

  constructor(parts: CalmWaitsParts) {
    this.parts = parts;
  }

  /** Begins looks whose time has come, and waits for none of them. @throws {StoreError} */
  async begin(): Promise<void> {
    const { database, lookingMs, most } = this.parts;
    while (this.looking.size < most && !this.ending.signal.aborted) {
      const [claimed] = await database.query<{ id: string; drain: string }>(CLAIM, [lookingMs]);
      if (!claimed) return;
      const looking = this.lookAt(claimed)
        .catch((error: unknown) => this.parts.warn(String(error)))
        .finally(() => this.looking.delete(looking));
      this.looking.add(looking);
    }
  }

  /** What is being looked at is let go of: nothing is done to a VM by it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await Promise.all(this.looking);
  }

  private async lookAt({ id, drain }: { readonly id: string; readonly drain: string }): Promise<void> {
    const { database } = this.parts;
    const before = await readDrain(database, drain);
    const move = before?.moves.find((each) => each.id === id);
    if (!before || !move) return;
    const look = await this.ask(before, move);
    if (this.ending.signal.aborted) {
      await database.query(`update fleet.move set looking_until = null ${STILL}`, [id]);
      return;
    }
    // Others have moved meanwhile.
    const rows = await readDrain(database, drain);
    if (!rows) return;
    await keepLooks(database, [{ vm: move.vm, look }]);
    const { nowMs, deadlineMs } = rows.drain;
    const settings = parseDrainSettings(rows.drain.settings);
    const untilMs = boundOf(settings, { deadlineMs, left: leftOf(rows.moves) }, move.calmSinceMs ?? nowMs);
    const earlier = await momentsOf(database, move.vm);
    const step = calmStep(look, {
      ...{ name: move.name, wasCalm: move.wasCalm },
      ...{ nowMs, untilMs, earlier },
    });
    await this.write(move, step, look, untilMs);
  }

  private async ask({ drain }: DrainRows, move: MoveRow): Promise<CalmLook> {
    const settings = parseDrainSettings(drain.settings);
    const to = settings.to.find(({ uri }) => !(uri in move.refused)) ?? settings.to[0];
    if (!to) return { is: 'unknown', words: 'its drain has no destination', passes: false };
    const { vm, source, stated } = move;
    const gone = Promise.withResolvers<CalmLook>();
    using _listening = addAbortListener(this.ending.signal, () =>
      gone.resolve({ is: 'unknown', words: 'let go of', passes: true }),
    );
    return await Promise.race([
      gone.promise,
      this.parts.looker.look({ vm, source, to, settings, stated }).catch(
        (error: unknown): CalmLook => ({
          ...{ is: 'unknown', passes: true },
          words: error instanceof Error ? error.message : String(error),
        }),
      ),
    ]);
  }

  private async write(move: MoveRow, step: CalmStep, look: CalmLook, untilMs: number): Promise<void> {
    const { database } = this.parts;
    const totalMs = look.is === 'unknown' ? null : (look.totalMs ?? null);
    if (step.do === 'wait') {
      const { code, words, remedy } = step.reason;
      await database.query(WAIT, [
        ...[move.id, code, words, remedy ?? null],
        ...[step.againAtMs, untilMs, totalMs, look.is === 'calm'],
      ]);
      return;
    }
    const [words, data] =
      step.do === 'go' ? [step.words, {}] : [step.reason.words, { code: step.reason.code }];
    const changed =
      step.do === 'go'
        ? await database.query(GO, [move.id, totalMs, untilMs])
        : await database.query(HOLD, [
            ...[move.id, step.reason.code, step.reason.words, step.reason.remedy ?? null],
            untilMs,
          ]);
    if (changed.length > 0)
      await tell(database, {
        ...{ kind: step.do === 'go' ? 'calm-wait-over' : 'held', move: move.id, drain: move.drain },
        data: { words, ...data },
      });
  }
}

/** So that what they were like is known at that time of a later day. @throws {StoreError} */
export async function keepLooks(
  within: Queryable,
  looks: readonly { readonly vm: string; readonly look: CalmLook }[],
): Promise<void> {
  const rows = looks.flatMap(({ vm, look }) => {
    if (look.is === 'unknown') return [];
    return [{ vm, pauseMs: look.is === 'no-pause-fits' ? null : look.pauseMs }];
  });
  if (rows.length === 0) return;
  await within.query(`delete from fleet.look where at < now() - ${KEPT}`);
  await within.query(
    `insert into fleet.look (vm, pause_ms)
     select vm, "pauseMs" from jsonb_to_recordset($1) as given (vm text, "pauseMs" float8) on conflict do nothing`,
    [JSON.stringify(rows)],
  );
}

async function momentsOf(within: Queryable, vm: string): Promise<readonly CalmMoment[]> {
  const rows = await within.query<{ atMs: number; pauseMs: number | null }>(
    `select extract(epoch from at)::float8 * 1000 as "atMs", pause_ms as "pauseMs" from fleet.look where vm = $1`,
    [vm],
  );
  return rows.map(({ atMs, pauseMs }) => ({ atMs, pauseMs: pauseMs ?? undefined }));
}
