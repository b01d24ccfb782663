/** `./dev bench report`: docs/benchmarks.md and its pictures from the committed result. Runs nothing. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchResult } from './goals.ts';
import { page } from './policies/report/page.ts';
import { type PoliciesResult, readResult } from './policies/result.ts';
import { ROOT } from './policies/store.ts';

const DOCS = path.join(ROOT, 'docs');
const NOTES_FILE = path.join(ROOT, 'bench', 'results', 'remarks.md');

export async function run(): Promise<BenchResult> {
  const files = pageOfCommitted(readResult());
  rmSync(path.join(DOCS, 'benchmarks'), { recursive: true, force: true });
  for (const [name, content] of files) {
    const file = path.join(DOCS, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return {
    bench: 'report',
    figures: { written: [...files.keys()].map((name) => `docs/${name}`) },
    goals: [],
  };
}

/** With the remarks that are committed beside it. */
export function pageOfCommitted(result: PoliciesResult): Map<string, string> {
  return page(result, existsSync(NOTES_FILE) ? readFileSync(NOTES_FILE, 'utf8') : '');
}
