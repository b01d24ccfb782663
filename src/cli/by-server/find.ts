/** A migration of the service by its id, a part of it, or `last`, as in a folder of journals. */
import type { SwitchoverClient } from '../../client/client.ts';
import { findId } from '../../journal/find-id.ts';
import type { JournalReading } from '../../journal/journal-store.ts';
import { parseEntry } from '../../journal/parse-entry.ts';

const MOST = 1000;

/** @throws {JournalError} when there is none or more than one */
export async function findAt(client: SwitchoverClient, idOrPart: string): Promise<string> {
  const query = idOrPart === 'last' ? { limit: 1 } : { q: idOrPart, limit: MOST };
  const { migrations } = client.answered(await client.api.GET('/v1/migrations', { params: { query } }));
  const ids = migrations.map(({ id }) => id).reverse();
  return findId(ids, idOrPart, client.where);
}

/** All that its journal holds so far, without samples. */
export async function journalAt(client: SwitchoverClient, id: string): Promise<JournalReading> {
  const path = { id };
  const { entries, problems } = client.answered(
    await client.api.GET('/v1/migrations/{id}/journal', { params: { path } }),
  );
  const parsed = entries.map((each) => parseEntry(JSON.stringify(each), `entry ${each.seq} of ${id}`));
  return {
    id,
    entries: parsed.flatMap(({ entry }) => entry ?? []),
    problems: [...problems, ...parsed.flatMap(({ problem }) => problem ?? [])],
  };
}
