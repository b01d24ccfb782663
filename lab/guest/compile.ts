/** The guest's own programs. */
import { join } from 'node:path';
import { run } from '../run.ts';

const source = (name: string) => join(import.meta.dirname, name);

/** Of a program, in C; headers included, so that a change of any of them makes a new image. */
export const WORKLOAD_SOURCES = ['workload.c', 'line.c', 'line.h'].map(source);
export const APPLICATION_SOURCES = ['application.c', 'stores.c', 'stores.h', 'line.c', 'line.h'].map(source);

/** Vector code is left out: TCG emulates it slowly. @throws {CommandError} */
export async function compile(program: string, sources: readonly string[]): Promise<void> {
  const flags = ['-static', '-O2', '-fno-tree-vectorize', '-Wall', '-Wextra'];
  await run(['gcc', ...flags, '-o', program, ...sources.filter((path) => path.endsWith('.c'))]);
}
