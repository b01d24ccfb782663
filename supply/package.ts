/**
 * `./dev package [--to FOLDER]`: the package of npm, its bill of materials, the package of Debian and the hashes of all. The
 * same sources, Node, npm and dpkg give the same bytes.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makePackage } from './make-package.ts';
import { ROOT } from './npm.ts';

const { values } = parseArgs({ options: { to: { type: 'string', default: path.join(ROOT, 'release') } } });
for (const file of await makePackage(values.to)) process.stdout.write(`${file}\n`);
