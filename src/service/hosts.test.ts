import { expect, test } from 'vitest';
import { hostsNow } from './hosts.ts';
import { LiveMigrations } from './live-migrations.ts';
import { ServiceBed } from './testing/service-bed.ts';

const UUID = '7c5d4a3e-0000-4000-8000-00000000000';

test('each host tells its guests, and one that does not answer hides no other', async () => {
  const askOf = (uri: string) => async (args: readonly string[]) => {
    if (uri === 'qemu+ssh://down/system') throw new Error('cannot connect: no route to host');
    if (args[0] === 'domstats')
      return `Domain: 'db'\n  balloon.current=1048576\n  balloon.maximum=2097152\n\nDomain: 'web-1'\n\n`;
    return args.includes('--state-paused')
      ? `${UUID}1 a guest with blanks  \n\n`
      : `${UUID}2 web-1\n${UUID}3 db\n`;
  };
  const hosts = await hostsNow(['qemu:///system', 'qemu+ssh://down/system'], new LiveMigrations(), askOf);
  expect(hosts).toEqual([
    {
      host: 'qemu:///system',
      ...{ cordon: null, drain: null },
      problem: null,
      vms: [
        {
          uuid: `${UUID}1`,
          name: 'a guest with blanks',
          state: 'paused',
          memoryBytes: null,
          migration: null,
        },
        { uuid: `${UUID}3`, name: 'db', state: 'running', memoryBytes: 2 ** 31, migration: null },
        { uuid: `${UUID}2`, name: 'web-1', state: 'running', memoryBytes: null, migration: null },
      ],
    },
    {
      ...{ cordon: null, drain: null },
      host: 'qemu+ssh://down/system',
      problem: 'cannot connect: no route to host',
      vms: [],
    },
  ]);
});

test('a guest that migrates is told with its migration, until that is over', async () => {
  await using bed = new ServiceBed();
  const id = await bed.migrate('slow');
  const uuid = bed.live.get(id)?.view.vmUuid;
  const askOf = () => async (args: readonly string[]) =>
    args.includes('--state-running') ? `${uuid} slow\n` : '';
  const migrationNow = async () => (await hostsNow(['h'], bed.live, askOf))[0]?.vms[0]?.migration;
  expect(await migrationNow()).toBe(id);
  await bed.migrations.cancel(id, 'enough');
  await bed.ask('GET', `/v1/migrations/${id}?wait=10s`);
  expect(await migrationNow()).toBeNull();
});
