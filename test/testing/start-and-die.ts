/**
 * Starts one under a key and is killed, really, at the moment that it is told: `node start-and-die.ts FILE JOURNALS KEY WHEN`. What it
 * does on a host is a line in JOURNALS/begun; its journal is a file in JOURNALS.
 */
import fs from 'node:fs';
import path from 'node:path';
import { StartedKeys } from '../../src/service/started-keys.ts';
import { StartedOnce } from '../../src/service/started-once.ts';

const [, , file = '', journals = '', key = '', when = ''] = process.argv;
const dieAt = (moment: string) => {
  if (when === moment) process.kill(process.pid, 'SIGKILL');
};
const once = new StartedOnce(new StartedKeys(file), async (id) => fs.existsSync(path.join(journals, id)));
const id = await once.once(key, 'this request', async (begins) => {
  const opened = `m-${process.pid}`;
  fs.writeFileSync(path.join(journals, opened), '');
  dieAt('journal open');
  await begins(opened);
  dieAt('written down');
  fs.appendFileSync(path.join(journals, 'begun'), `${opened}\n`);
  return opened;
});
process.stdout.write(id);
