/** `./dev api`: makes anew what is made from the OpenAPI document. */
import fs from 'node:fs';
import path from 'node:path';
import { noOptions, runCommand } from '../../lab/dev-command.ts';
import { ROOT } from '../npm.ts';
import { madeFromApi } from './made.ts';

const HELP = `./dev api

Makes anew what is made from the schemas of the service: the types of the client (src/client/generated/api.ts) and the
reference (docs/api.md). Tells of each file whether it was as it is.
  ./dev api
`;

process.exitCode = await runCommand({ name: 'api', help: HELP }, noOptions(), async () => {
  for (const [file, text] of Object.entries(await madeFromApi())) {
    const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
    fs.writeFileSync(file, text);
    console.log(`${path.relative(ROOT, file)}: ${before === text ? 'as it was' : 'made anew'}`);
  }
  return 0;
});
