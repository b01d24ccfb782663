/**
 * `./dev package [--to FOLDER]`: the package of npm, its bill of materials, the package of Debian and the hashes of all. The
 * same sources, Node, npm and dpkg give the same bytes.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { refusalOf, runCommand } from '../lab/dev-command.ts';
import { makePackage } from './make-package.ts';
import { ROOT } from './npm.ts';

const HELP = `./dev package [--to FOLDER]

Makes the package of npm, its bill of materials, the package of Debian and the hashes of all, and tells where they are.
  --to FOLDER   in place of release/
  ./dev package
`;

process.exitCode = await runCommand({ name: 'package', help: HELP }, options(), async ({ to }) => {
  for (const file of await makePackage(to)) process.stdout.write(`${file}\n`);
  return 0;
});

function options(): { readonly help: boolean; readonly to: string } | string {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', default: false },
        to: { type: 'string', default: path.join(ROOT, 'release') },
      },
    }).values;
  } catch (error) {
    return refusalOf(error);
  }
}
