/** Journals of the migrations of a service, asked for by its API once there is nothing more to measure. */
import type { MigrationSummary } from '../../src/service/migration-summary.ts';
import type { Entry } from './lateness.ts';
import type { Served } from './served.ts';

/** @returns by their ids, those that have ended, the newest first, as many as it tells at once */
export async function journalsOf(served: Served): Promise<Map<string, readonly Entry[]>> {
  const ended = await served.get<{ migrations: MigrationSummary[] }>('/v1/migrations?state=ended&limit=1000');
  const journals = new Map<string, readonly Entry[]>();
  for (const { id } of ended.migrations) journals.set(id, await journalOf(served, id));
  return journals;
}

async function journalOf(served: Served, id: string): Promise<Entry[]> {
  const text = await served.text(`/v1/migrations/${id}/events`);
  return [...text.matchAll(/^event: entry\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Entry);
}
