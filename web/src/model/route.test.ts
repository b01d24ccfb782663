import { expect, test } from 'vitest';
import { hrefOf, type Route, routeOf } from './route.ts';

test.each<Exclude<Route, { screen: 'unknown' }>>([
  { screen: 'running' },
  { screen: 'hosts' },
  { screen: 'start', vm: '', connect: '' },
  { screen: 'start', vm: 'a b', connect: 'qemu+ssh://root@host1/system' },
  { screen: 'drains' },
  { screen: 'drain', id: '5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11aa' },
  { screen: 'start-drain', host: '' },
  { screen: 'start-drain', host: 'qemu+ssh://root@host1/system' },
  { screen: 'audit', q: '' },
  { screen: 'audit', q: 'ops' },
  { screen: 'migration', id: '20261129T143641-db 1/ü' },
  { screen: 'history', q: '', outcome: '', code: '' },
  { screen: 'history', q: 'host7 & #2', outcome: 'failed', code: 'needs-longer-pause' },
])('%j is found again from its address', (route) => expect(routeOf(hrefOf(route))).toEqual(route));

test.each(['', '#', '#/'])('%j is what runs', (hash) => expect(routeOf(hash)).toEqual({ screen: 'running' }));

test.each(['#/nowhere', '#/start/x', '#/migrations/a/b', '#/migrations'])('%s is no screen', (hash) =>
  expect(routeOf(hash)).toEqual({ screen: 'unknown', hash }),
);

test('an address that a hand wrote wrongly is taken as it is', () =>
  expect(routeOf('#/migrations/50%')).toEqual({ screen: 'migration', id: '50%' }));
