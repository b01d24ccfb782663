#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import os from 'node:os';
import path from 'node:path';

// Halves the time of `--help`; has to be on before the rest is loaded, hence this small file.
keepCompiled();

// A reader that went away (`| head`, a closed terminal) must not end a migration.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const { run } = await import('./program.ts');
const { EXIT } = await import('./exit-status.ts');
const { flushOutput, LAST_WORDS_MS } = await import('./output/standard.ts');
process.exitCode = await run(process.argv);
// A terminal that does not read does not keep us. A pipe does, as it keeps every program: its reader may be slow. Only
// where somebody told us to go (SIGTERM) we do not wait for it.
if (!(await flushOutput(LAST_WORDS_MS)) && process.exitCode === EXIT.detached) process.exit();

/**
 * In the caller's own home. Node's own choice is a folder in /tmp with a name that anybody can make first, and what it
 * finds there it runs: as root, if root calls.
 */
function keepCompiled(): void {
  try {
    // Not $HOME, which sudo may leave as it was.
    enableCompileCache(path.join(os.userInfo().homedir, '.cache', 'switchover', 'compiled'));
  } catch {
    // A user whom the system does not know: it goes without.
  }
}
