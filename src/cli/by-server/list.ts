import type { SwitchoverClient } from '../../client/client.ts';
import type { MigrationDocument } from '../../journal/document.ts';

const PAGE = 1000;

/** Every migration of the service, the oldest first, as `switchover list` shows those of this machine. */
export async function documentsAt(client: SwitchoverClient): Promise<MigrationDocument[]> {
  const documents: MigrationDocument[] = [];
  let before: string | undefined;
  do {
    const query = { limit: PAGE, documents: 'true' as const, ...(before === undefined ? {} : { before }) };
    const page = client.answered(await client.api.GET('/v1/migrations', { params: { query } }));
    // The service's schema of it is made from ours.
    for (const { document } of page.migrations) if (document) documents.push(document as MigrationDocument);
    before = page.next ?? undefined;
  } while (before !== undefined);
  return documents.reverse();
}
