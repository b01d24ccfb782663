/**
 * `./dev package [--to FOLDER]`: the package of npm, its bill of materials and the hashes of both. The same sources, Node and
 * npm give the same bytes.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makePackage } from './make-package.ts';
import { ROOT } from './npm.ts';

const { values } = parseArgs({ options: { to: { type: 'string', default: path.join(ROOT, 'release') } } });
for (const file of await makePackage(values.to)) process.stdout.write(`${file}\n`);
