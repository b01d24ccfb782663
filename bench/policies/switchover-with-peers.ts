/**
 * switchover, as `bin/switchover` runs it, but `migrate` takes the peers' rules too: users have no reason to migrate
 * by them, and the benchmark compares them on real QEMU. Called as a prefix: `node THIS bin/switchover migrate …`.
 */
import { flushOutput, LAST_WORDS_MS } from '../../src/cli/output/standard.ts';
import { run } from '../../src/cli/program.ts';
import { POLICIES } from '../../src/policy/policies.ts';

const [node = '', , program = '', ...words] = process.argv;
process.exitCode = await run([node, program, ...words], Object.keys(POLICIES));
await flushOutput(LAST_WORDS_MS);
