/** What a drain was expected to take, kept among its events: whoever tells later when it ends goes by that. */
import { z } from 'zod';
import type { PlannedDrain } from '../drain/document.ts';
import type { VmForecast } from '../drain/facts.ts';
import type { Queryable } from '../postgres/database.ts';
import { tell } from './events.ts';

/** By the VM's UUID; of one that is not here too little was known. */
export type KeptPlan = ReadonlyMap<string, VmForecast>;

const KIND = 'drain-planned';

const estimate = z.object({ low: z.number(), middle: z.number(), high: z.number() });
const figures = z.object({ totalMs: estimate, pauseMs: estimate });
const keptSchema = z.object({
  forecasts: z.record(
    z.string(),
    z.object({
      besideOthers: z.tuple([figures], figures),
      inCommonMs: z.object({ low: z.number(), high: z.number() }),
      calmAmong: z.number(),
      noticeMs: z.number().optional(),
    }),
  ),
});

/** @throws {StoreError} */
export async function keepPlan(
  within: Queryable,
  drain: string,
  { plan }: Pick<PlannedDrain, 'plan'>,
): Promise<void> {
  const forecasts = Object.fromEntries(
    plan.moves.flatMap(({ vm }) => (vm.forecast ? [[vm.uuid, vm.forecast]] : [])),
  );
  await tell(within, { kind: KIND, drain, data: { forecasts } });
}

/** @returns empty where none was kept, or another switchover kept it in its own way @throws {StoreError} */
export async function readKeptPlan(within: Queryable, drain: string): Promise<KeptPlan> {
  const [row] = await within.query<{ data: unknown }>(
    'select data from fleet.event where drain = $1 and kind = $2 order by id desc limit 1',
    [drain, KIND],
  );
  const parsed = keptSchema.safeParse(row?.data);
  return new Map(parsed.success ? Object.entries(parsed.data.forecasts) : []);
}
