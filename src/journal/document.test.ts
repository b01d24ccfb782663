import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { migrationDocumentSchema } from './document.ts';

test('the published JSON Schema is the one that documents are made by (`./dev test -u` writes it anew)', async () => {
  const schema = {
    ...z.toJSONSchema(migrationDocumentSchema),
    title: 'The document of one migration, as `switchover migrate --json` prints it',
  };
  const file = path.join(import.meta.dirname, '..', '..', 'docs', 'migration.schema.json');
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});
