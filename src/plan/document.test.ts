import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { planDocumentSchema } from './document.ts';

test('the published JSON Schema is the one that documents are made by (`./dev test -u` writes it anew)', async () => {
  const schema = {
    ...z.toJSONSchema(planDocumentSchema),
    title: 'The document of a plan, as `switchover plan --json` prints it',
  };
  const file = path.join(import.meta.dirname, '..', '..', 'docs', 'plan.schema.json');
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});
