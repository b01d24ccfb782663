import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../run.ts';
import { scriptsOf } from './application-image.ts';
import { APPLICATION_KINDS, APPLICATIONS } from './applications.ts';
import { kernelCommandLine } from './workload.ts';

describe.each(APPLICATION_KINDS)('%s', (kind) => {
  test('has the scripts that its guest runs, in a shell that takes them', async () => {
    const scripts = await readdir(scriptsOf(kind));
    expect(scripts).toEqual(expect.arrayContaining(['start.sh', 'load.sh', 'check.sh']));
    for (const name of scripts) await run(['sh', '-n', join(scriptsOf(kind), name)]);
    // What application.c stops while it verifies.
    expect(await readFile(join(scriptsOf(kind), 'load.sh'), 'utf8')).toContain('>/application/load.pid');
  });

  test('keeps its records in a store that stores.c has', async () => {
    const stores = await readFile(join(import.meta.dirname, 'stores.c'), 'utf8');
    expect(stores).toContain(`{"${APPLICATIONS[kind].store}", `);
  });
});

test('an application is told its working set, its store and its method, and nothing of other workloads', () => {
  expect(kernelCommandLine({ kind: 'stress-ng', method: 'ror' })).toMatch(
    / workload=stress-ng wss_mib=96 store=file method=ror$/,
  );
  expect(kernelCommandLine({ kind: 'redis', wssMiB: 32 })).toMatch(/ workload=redis wss_mib=32 store=redis$/);
});
