/** The packages as they are published: npm's and Debian's. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { billOfMaterials, withNode } from './bill.ts';
import { type Compression, makeDeb } from './deb/make-deb.ts';
import { parseLock, productionLock } from './lock.ts';
import { type LockedNode, lockedNode } from './locked-node.ts';
import { manPages } from './manual/pages.ts';
import { npm, ROOT } from './npm.ts';
import { sourceTimeMs } from './source-time.ts';

const BILL = 'sbom.cdx.json';
const LOCK = 'package-lock.json';
const MAN = 'man';
const SUMS = 'SHA256SUMS';

const Manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  files: z.array(z.string()),
  dependencies: z.record(z.string(), z.string()),
});

export interface PackageOptions {
  /** In place of one that is fetched by its hash. */
  readonly node?: LockedNode;
  /** Of Debian's package; xz if left out. */
  readonly compression?: Compression;
}

/**
 * Packed from a folder of its own, so that nothing else of the checkout gets in, such as what an earlier build left in dist/ or
 * somebody changed in node_modules/. The packages that it needs are in it: so it is installed without a registry, and those
 * who install it run what was locked and tested. (An npm-shrinkwrap.json would not do: npm heeds it only in what comes from a
 * registry.)
 * @returns the files made
 * @throws {Error} where tsc, npm or dpkg-deb fails, with its words, or when the sources were changed is not known
 */
export async function makePackage(to: string, options: PackageOptions = {}): Promise<string[]> {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-package-'));
  try {
    return await pack(temporary, path.resolve(to), options);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/** From the sources, for the package alone. */
const BUILT = ['dist', 'web/dist'];

async function pack(
  temporary: string,
  to: string,
  { node, compression = 'xz' }: PackageOptions,
): Promise<string[]> {
  const timeMs = sourceTimeMs();
  const { devDependencies, scripts, ...manifest } = Manifest.parse(JSON.parse(read('package.json')));
  const { name, version } = manifest;
  // npm's bill names the package after its folder.
  const stage = path.join(temporary, name);
  fs.mkdirSync(stage);
  for (const file of manifest.files)
    if (!BUILT.includes(file)) fs.cpSync(path.join(ROOT, file), path.join(stage, file), { recursive: true });
  const tsc = path.join(ROOT, 'node_modules', '.bin', 'tsc');
  execFileSync(tsc, ['-p', path.join(ROOT, 'tsconfig.build.json'), '--outDir', path.join(stage, 'dist')]);
  const vite = path.join(ROOT, 'node_modules', '.bin', 'vite');
  const page = ['--outDir', path.join(stage, 'web', 'dist'), '--logLevel', 'warn'];
  // In any other it puts the sources' paths into the page.
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync(vite, ['build', '--config', path.join(ROOT, 'web', 'vite.config.ts'), ...page], { env });
  const bundleDependencies = Object.keys(manifest.dependencies);
  // npm puts them where man looks for them, when it installs for everybody (--global).
  const man = await writeManPages(stage, timeMs);
  write(stage, 'package.json', {
    ...manifest,
    man,
    bundleDependencies,
    files: [...manifest.files, MAN, BILL],
  });
  write(stage, LOCK, productionLock(parseLock(read(LOCK))));
  // Each by its hash. npm never packs the lock file.
  await run(['ci', '--omit=peer', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], stage);
  const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  const bill: unknown = JSON.parse(await run(['sbom', '--package-lock-only', ...format], stage));
  write(stage, BILL, billOfMaterials(bill, timeMs));

  fs.mkdirSync(to, { recursive: true });
  await run(['pack', '--ignore-scripts', '--pack-destination', to], stage);
  const files = [`${name}-${version}.tgz`, `${name}-${version}.cdx.json`];
  fs.copyFileSync(path.join(stage, BILL), path.join(to, files[1] ?? ''));
  const itsNode = node ?? (await lockedNode(temporary));
  const about = { name, version, timeMs };
  const parts = { about, stage, node: itsNode, bill: billOfMaterials(withNode(bill, itsNode), timeMs) };
  files.push(path.basename(await makeDeb(parts, { temporary, to, compression })));
  const sums = files.map((file) => `${sha256(path.join(to, file))}  ${file}\n`);
  fs.writeFileSync(path.join(to, SUMS), sums.join(''));
  return [...files, SUMS].map((file) => path.join(to, file));
}

/** @returns their places in the package */
async function writeManPages(stage: string, timeMs: number): Promise<string[]> {
  const pages = await manPages(timeMs);
  fs.mkdirSync(path.join(stage, MAN));
  for (const [page, text] of pages) fs.writeFileSync(path.join(stage, MAN, page), text);
  return [...pages.keys()].map((page) => `${MAN}/${page}`);
}

async function run(args: readonly string[], cwd: string): Promise<string> {
  const { status, stdout, stderr } = await npm(args, cwd);
  if (status !== 0) throw new Error(`npm ${args[0]} failed:\n${stderr}`);
  return stdout;
}

function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

function write(folder: string, file: string, value: unknown): void {
  fs.writeFileSync(path.join(folder, file), `${JSON.stringify(value, null, 2)}\n`);
}

function sha256(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}
