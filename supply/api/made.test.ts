import fs from 'node:fs';
import { expect, test } from 'vitest';
import { madeFromApi } from './made.ts';

test('what is made from the OpenAPI document is up to date: else run ./dev api', async () => {
  const made = Object.entries(await madeFromApi());
  expect(made).toHaveLength(2);
  for (const [file, text] of made) expect(fs.readFileSync(file, 'utf8') === text, file).toBe(true);
});
