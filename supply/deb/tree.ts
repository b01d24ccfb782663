/** The files of the Debian package, laid out below a folder as they will be below /. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LockedNode } from '../locked-node.ts';
import { manPages } from '../manual/pages.ts';
import { type About, changelog, copyright } from './control.ts';
import { packagedUnit, UNITS, unitName, withoutDomains } from './packaged.ts';

export const CONFIGURATION = 'etc/switchover/switchover.toml';
const HOME = 'usr/lib/switchover';
const DOC = 'usr/share/doc/switchover';
const OVERRIDES = path.join(import.meta.dirname, 'lintian-overrides');
const MAIN = `${HOME}/dist/cli/main.js`;

/** Where each shell looks for the words of a command. */
const COMPLETION = {
  bash: 'usr/share/bash-completion/completions/switchover',
  zsh: 'usr/share/zsh/vendor-completions/_switchover',
  fish: 'usr/share/fish/vendor_completions.d/switchover.fish',
};

export interface Parts {
  readonly about: About;
  /** The package of npm as it is packed. */
  readonly stage: string;
  readonly node: LockedNode;
  /** The bill of materials of the Debian package. */
  readonly bill: object;
}

/**
 * A private Node and the compiled program, no single executable by Node's SEA: an SEA runs one CommonJS script (tried with Node 24: the
 * first top-level `await` ends it, and `"mainFormat": "module"` is not heeded), so everything would have to be bundled and the
 * start and the threads of `simulate` rewritten, for a file that is as large, since Node is in it either way. As it is, the package runs the very files
 * that the package of npm has, and its Node is byte for byte the one whose hash is locked.
 * @param root an empty folder
 */
export async function layOut(root: string, parts: Parts): Promise<void> {
  const { about, stage, node } = parts;
  const put = (place: string, content: string | Buffer, mode = 0o644) => {
    const file = path.join(root, place);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content, { mode });
  };
  const read = (file: string) => fs.readFileSync(path.join(stage, file), 'utf8');
  const copy = (from: string, to: string) =>
    fs.cpSync(from, path.join(root, to), { recursive: true, filter: isWanted });

  for (const part of ['dist', 'web', 'node_modules', 'package.json'])
    copy(path.join(stage, part), `${HOME}/${part}`);
  put(`${HOME}/sbom.cdx.json`, `${JSON.stringify(parts.bill, null, 2)}\n`);
  // Not to be started but by the program below, with the Node beside it.
  put(MAIN, read('dist/cli/main.js').replace(/^#!.*\n/, ''));
  copy(path.join(node.folder, 'bin', 'node'), `${HOME}/node`);
  copy(path.join(node.folder, 'LICENSE'), `${HOME}/node.LICENSE`);
  put('usr/bin/switchover', `#!/bin/sh\nexec /${HOME}/node /${MAIN} "$@"\n`, 0o755);

  for (const [name, page] of await manPages(about.timeMs)) put(`usr/share/man/man1/${name}.gz`, zipped(page));
  for (const [shell, place] of Object.entries(COMPLETION)) put(place, completion(stage, shell));
  for (const unit of UNITS)
    put(`usr/lib/systemd/system/${unitName(unit)}`, packagedUnit(unit, read(`packaging/${unitName(unit)}`)));
  const configuration = read('packaging/switchover.toml');
  put(CONFIGURATION, withoutDomains(configuration));
  put(`${DOC}/examples/switchover.toml`, configuration);
  put(`${DOC}/examples/serve.env`, read('packaging/serve.env'));
  put('usr/share/lintian/overrides/switchover', fs.readFileSync(OVERRIDES));

  put(`${DOC}/changelog.Debian.gz`, zipped(changelog(about)));
  put(`${DOC}/copyright`, copyright([nodeLicence(node), ...bundledIn(path.join(stage, 'node_modules'))]));
  for (const page of ['README.md', 'SECURITY.md']) put(`${DOC}/${page}.gz`, zipped(read(page)));
  copy(path.join(stage, 'docs'), `${DOC}/docs`);
}

/** Started by a command, or by switchover itself: its own PostgreSQL. */
const PROGRAMS = [/^usr\/bin\//, /^usr\/lib\/switchover\/node$/, /\/native\/bin\/[^/]+$/];

/** @param place from the root, without a slash in front */
export function isProgram(place: string): boolean {
  return PROGRAMS.some((each) => each.test(place));
}

/** Of PostgreSQL: to build it into others and to test it, and languages whose interpreters the package has not. */
const NOT_TO_SERVE =
  /\/native\/(?:include|lib\/pkgconfig|lib\/postgresql\/(?:pgxs|\w*pl(?:perl|python3|tcl)\.so))$/;

/** Not what npm notes for itself (.bin, .package-lock.json), editors' settings, and what is for compilers. */
function isWanted(file: string): boolean {
  const name = path.basename(file);
  return !name.startsWith('.') && !/\.(?:d\.[cm]?ts|map|a)$/.test(name) && !NOT_TO_SERVE.test(file);
}

/** As `gzip -9n`: without a name and a time. */
function zipped(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}

function completion(stage: string, shell: string): string {
  return execFileSync(process.execPath, [path.join(stage, 'dist', 'cli', 'main.js'), 'complete', shell], {
    encoding: 'utf8',
  });
}

function nodeLicence({ version }: LockedNode) {
  return { name: 'Node.js', version, license: 'MIT and others', place: `/${HOME}/node.LICENSE` };
}

function bundledIn(modules: string) {
  return fs
    .globSync(['*/package.json', '@*/*/package.json'], { cwd: modules })
    .sort()
    .map((file) => {
      const folder = path.dirname(file);
      const { name, version, license } = JSON.parse(fs.readFileSync(path.join(modules, file), 'utf8'));
      return { name, version, license, place: `/${HOME}/node_modules/${folder}` };
    });
}
