import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { documentOf, migrationDocumentSchema } from './document.ts';
import type { Happening, JournalEntry } from './journal-entry.ts';
import { BOUNDARY, EVERY_HAPPENING } from './testing/happenings.ts';
import { viewOf } from './view.ts';

const entriesOf = (happenings: readonly Happening[]): JournalEntry[] =>
  happenings.map((happening, seq) => ({
    schema: 2,
    seq,
    time: '2026-11-22T19:57:48.123Z',
    atMs: seq,
    ...happening,
  }));

test('the published JSON Schema is the one that documents are made by (`./dev test -u` writes it anew)', async () => {
  const schema = {
    ...z.toJSONSchema(migrationDocumentSchema),
    title: 'The document of one migration, as `switchover migrate --json` prints it',
  };
  const file = path.join(import.meta.dirname, '..', '..', 'docs', 'migration.schema.json');
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});

test('the document of a journal fits its schema, finished or not', () => {
  const finished = documentOf(viewOf(entriesOf(EVERY_HAPPENING)));
  expect(migrationDocumentSchema.parse(finished)).toEqual(finished);
  expect(finished).toMatchObject({
    outcome: 'completed',
    runsOn: 'destination',
    vmUuid: '7c5d4a3e-0000-4000-8000-000000000001',
    initiator: { user: 'admin', uid: 1000, host: 'host1' },
    initiatorReason: 'maintenance of host1',
    effects: [{ did: 'migrate-set-parameters', set: { downtimeLimitMs: 4850 } }],
    boundaries: [expect.objectContaining({ pass: 2, dirtyRateBytesPerSecond: 37e6 })],
  });

  const unfinished = documentOf(viewOf(entriesOf([...EVERY_HAPPENING.slice(0, 1), BOUNDARY])));
  expect(migrationDocumentSchema.parse(unfinished)).toEqual(unfinished);
  expect(unfinished).toMatchObject({ outcome: null, runsOn: 'unknown', sentBytes: 216e6, effects: [] });
});
