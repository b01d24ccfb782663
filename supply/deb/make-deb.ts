/**
 * The Debian package. `dpkg-deb` writes the archive: Debian and Ubuntu have it wherever there is a dpkg, it sorts, fixes owners
 * and times by itself, and is what every other package was made with; debhelper would bring a hundred packages for the same file.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { controlFile, debianArchitecture, debianVersion, md5sumsFile } from './control.ts';
import { CONFIGURATION, isProgram, layOut, type Parts } from './tree.ts';

/** Of the package's maintainer. */
const SCRIPTS = ['postinst', 'prerm', 'postrm'];

/** `none` is for tests: xz takes a minute for Node. */
export type Compression = 'xz' | 'none';

/**
 * @param temporary where the files are laid out
 * @param to the folder of the package
 * @returns the file made @throws {Error} where dpkg-deb fails, with its words
 */
export async function makeDeb(
  parts: Parts,
  { temporary, to, compression }: { temporary: string; to: string; compression: Compression },
): Promise<string> {
  const { about } = parts;
  const root = fs.mkdtempSync(path.join(temporary, 'deb-'));
  await layOut(root, parts);
  const files = filesBelow(root);
  const control = path.join(root, 'DEBIAN');
  fs.mkdirSync(control);
  const bytes = files.reduce((sum, file) => sum + fs.statSync(path.join(root, file)).size, 0);
  fs.writeFileSync(path.join(control, 'control'), controlFile(about, process.arch, bytes));
  fs.writeFileSync(path.join(control, 'conffiles'), `/${CONFIGURATION}\n`);
  const sums = files
    .filter((file) => file !== CONFIGURATION)
    .map((file) => [file, md5Of(root, file)] as const);
  fs.writeFileSync(path.join(control, 'md5sums'), md5sumsFile(new Map(sums)));
  for (const script of SCRIPTS)
    fs.copyFileSync(path.join(import.meta.dirname, script), path.join(control, script));
  settle(root, about.timeMs);

  const name = `${about.name}_${debianVersion(about.version)}_${debianArchitecture(process.arch)}.deb`;
  const file = path.join(to, name);
  const seconds = String(Math.floor(about.timeMs / 1000));
  await promisify(execFile)('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: seconds },
  }).catch((error: Error) => {
    throw new Error(`dpkg-deb (package dpkg) failed:\n${error.message}`, { cause: error });
  });
  fs.rmSync(root, { recursive: true });
  return file;
}

/** From the folder on, sorted. */
function filesBelow(root: string): string[] {
  return fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => path.relative(root, path.join(each.parentPath, each.name)))
    .sort();
}

/** For dpkg --verify, which goes by nothing else; it keeps nobody from changing a file. */
function md5Of(root: string, file: string): string {
  return createHash('md5')
    .update(fs.readFileSync(path.join(root, file)))
    .digest('hex');
}

/** Modes and times that depend neither on the umask here nor on when a file was made. */
function settle(root: string, timeMs: number): void {
  const time = new Date(timeMs);
  const scripts = SCRIPTS.map((script) => `DEBIAN/${script}`);
  for (const place of ['', ...fs.readdirSync(root, { recursive: true, encoding: 'utf8' })]) {
    const file = path.join(root, place);
    const isFolder = fs.lstatSync(file).isDirectory();
    fs.chmodSync(file, isFolder || isProgram(place) || scripts.includes(place) ? 0o755 : 0o644);
    fs.utimesSync(file, time, time);
  }
}
