/** A controller of drains in a process of its own, on a world in another. Writes `ready`, and a line of JSON for each admission. */
import fs from 'node:fs';
import { parseConfig } from '../../src/config/parse-config.ts';
import { DrainRunner } from '../../src/fleet/drain-runner.ts';
import { stepDateToAndFro } from '../../src/fleet/testing/stepping-date.ts';
import { Database } from '../../src/postgres/database.ts';
import { RemoteHosts } from './remote-hosts.ts';
import { timed } from './timed-database.ts';

const [name = '', url = '', world = '', times = '{}', dateStepMs = '0'] = process.argv.slice(2);
stepDateToAndFro(Number(dateStepMs));

/** As where there is no file. */
const NO_CONFIG = parseConfig('', '');
const hosts = await RemoteHosts.at(world, name);
const runner = await DrainRunner.start({
  database: timed(Database.at(url), (admission) => say(JSON.stringify(admission))),
  hosts,
  config: () => NO_CONFIG,
  times: JSON.parse(times),
  moverOf: () => hosts,
  warn: (words) => process.stderr.write(`${name}: ${words}\n`),
});
say('ready');
process.on('SIGTERM', () => {
  runner[Symbol.asyncDispose]().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
// Ends with whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();

/** At once, even where nothing runs after it. */
function say(words: string): void {
  fs.writeSync(1, `${words}\n`);
}
