/** Which files import which, read from their text; imports of types count too. */
import fs from 'node:fs';
import path from 'node:path';

export interface Import {
  /** Paths from the root of the repository: `src/model/units.ts`. */
  readonly from: string;
  readonly to: string;
}

const ROOT = path.resolve(import.meta.dirname, '..');

/** Of TypeScript, with JSX or without: `import … from './x.ts'`, `export … from './x.ts'`, `import './x.ts'` and `import('./x.ts')`. */
const SPECIFIER = /\b(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

/** What only tests load: it may import anything. */
const OF_TESTS = /\.(test|contract)\.ts$|\/testing\//;

/** Of the product files below a folder. */
export function importsBelow(folder: string): Import[] {
  const names = fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const files = names
    .map((name) => path.posix.join(folder, name))
    .filter((file) => /\.tsx?$/.test(file) && !OF_TESTS.test(file));
  return files.flatMap((from) => importsIn(from, fs.readFileSync(path.join(ROOT, from), 'utf8')));
}

export function importsIn(from: string, text: string): Import[] {
  const specifiers = [...text.matchAll(SPECIFIER)].map(([, specifier]) => specifier ?? '');
  return specifiers.map((specifier) => ({ from, to: path.posix.join(path.posix.dirname(from), specifier) }));
}

/** @returns the first circle found, its first member again at its end; undefined where there is none */
export function circleIn(imports: readonly Import[]): string[] | undefined {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    const place = path.indexOf(node);
    if (place >= 0) return [...path.slice(place), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const { to } of targets.get(node) ?? []) {
      const circle = visit(to);
      if (circle) return circle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of targets.keys()) {
    const circle = visit(node);
    if (circle) return circle;
  }
  return undefined;
}

/** The same between what the files belong to, without what stays inside one. */
export function between(imports: readonly Import[], ownerOf: (file: string) => string): Import[] {
  return imports
    .map(({ from, to }) => ({ from: ownerOf(from), to: ownerOf(to) }))
    .filter(({ from, to }) => from !== to);
}
