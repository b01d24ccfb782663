/** `./dev api`: makes anew what is made from the OpenAPI document. */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from '../npm.ts';
import { madeFromApi } from './made.ts';

for (const [file, text] of Object.entries(await madeFromApi())) {
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
  fs.writeFileSync(file, text);
  console.log(`${path.relative(ROOT, file)}: ${before === text ? 'as it was' : 'made anew'}`);
}
