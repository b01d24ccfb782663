import { expect, test } from 'vitest';
import type { Host, HostedVm } from '../api-types.ts';
import { summary } from '../testing/summary.ts';
import { destinationsFrom, shownHosts } from './hosts.ts';

const H1 = 'qemu+ssh://root@host1/system';
const H2 = 'qemu+ssh://root@host2/system';
const vm = (name: string, given: Partial<HostedVm> = {}): HostedVm => ({
  ...{ uuid: `uuid of ${name}`, name, state: 'running', memoryBytes: 4e9, migration: null },
  ...given,
});
const HOSTS: readonly Host[] = [
  { host: H1, problem: null, cordon: null, drain: null, vms: [vm('db'), vm('web')] },
  { host: H2, problem: 'no route to host', cordon: null, drain: null, vms: [] },
];

test('each guest has its migration, which may have begun or ended since the host was asked', () => {
  const begun = summary({ id: 'm1', vm: 'db', vmUuid: 'uuid of db', source: `${H1}#db` });
  const fleet = new Map([['m1', begun]]);
  expect(shownHosts(HOSTS, fleet, '')[0]).toMatchObject({
    ...{ migrating: 1, count: 2, memoryBytes: 8e9 },
    vms: [
      { name: 'db', of: { id: 'm1' } },
      { name: 'web', of: undefined },
    ],
  });
  const ended = new Map([['m1', { ...begun, final: true }]]);
  expect(shownHosts(HOSTS, ended, '')[0]?.migrating).toBe(0);
  // It is on its way here, and not from here.
  const coming = new Map([['m1', { ...begun, source: `${H2}#db` }]]);
  expect(shownHosts(HOSTS, coming, '')[0]?.migrating).toBe(0);
});

test('guests and hosts are found by a part of their names', () => {
  const found = (q: string) => shownHosts(HOSTS, new Map(), q).map(({ vms }) => vms.map(({ name }) => name));
  expect(found('')).toEqual([['db', 'web'], []]);
  expect(found(' WE ')).toEqual([['web']]);
  expect(found('host1')).toEqual([['db', 'web']]);
  expect(found('host2')).toEqual([[]]);
  expect(found('nobody')).toEqual([]);
  // What a host has stays told.
  expect(shownHosts(HOSTS, new Map(), 'web')[0]).toMatchObject({ count: 2, memoryBytes: 8e9 });
});

test('memory of a host is not told where that of a guest is not known', () =>
  expect(
    shownHosts(
      [
        {
          host: H1,
          problem: null,
          cordon: null,
          drain: null,
          vms: [vm('a', { memoryBytes: null }), vm('b')],
        },
      ],
      new Map(),
      '',
    )[0]?.memoryBytes,
  ).toBeUndefined());

test('a guest may go to every other host', () => expect(destinationsFrom(HOSTS, H1)).toEqual([H2]));
