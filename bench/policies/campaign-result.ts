/** Runs what is missing of a matrix and of the costs, and makes a result of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Campaign } from './campaign.ts';
import type { Relaxed } from './contenders.ts';
import { type CostResult, controllerCost } from './controller-cost.ts';
import { environment } from './environment.ts';
import type { CellRecord } from './record.ts';
import { type PoliciesResult, resultOf } from './result.ts';
import { conditionsOf, type Settings } from './settings.ts';
import { fingerprint, Store } from './store.ts';

export interface MeasureOptions {
  /** Which runs these are; those of another code or other settings are kept apart. */
  readonly store: 'full' | 'quick' | 'check';
  /** Begins anew although finished runs are there. */
  readonly fresh: boolean;
  /** What needs no search, by guest. */
  readonly known?: Readonly<Record<string, Relaxed>>;
}

export async function measure(
  settings: Settings,
  { store: name, fresh, known = {} }: MeasureOptions,
): Promise<PoliciesResult> {
  // Nothing of whoever runs this is to be measured.
  process.env['SWITCHOVER_CONFIG'] = '/dev/null';
  const command = `./dev bench policies${settings.quick ? ' --quick' : ''}`;
  const store = new Store<CellRecord>(`${name}-${fingerprint(conditionsOf(settings))}`);
  if (fresh) store.clear();
  await using campaign = new Campaign(settings, store);
  const runs = await campaign.run(known);
  const cost = settings.cost ? await costOnce(store) : undefined;
  return resultOf(settings, environment(command), { runs, broken: campaign.broken, cost });
}

async function costOnce(store: Store<CellRecord>): Promise<CostResult> {
  const file = path.join(store.folder, 'cost');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as CostResult;
  const cost = await controllerCost((sentence) => process.stderr.write(`bench: ${sentence}\n`));
  writeFileSync(file, JSON.stringify(cost));
  return cost;
}
