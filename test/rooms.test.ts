/** Arrows point downwards only: what each room of the design may use. */
import { describe, expect, test } from 'vitest';
import { between, circleIn, type Import, importsBelow, importsIn } from './imports.ts';

/** The rooms, each with all that it may use. A room that is not here does not pass. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  model: [],
  // Rules without hosts, a database or a clock: what plans drains and what runs them uses them.
  drain: ['model'],
  'version.ts': [],
  policy: ['model'],
  hypervisor: ['model'],
  postgres: ['model'],
  journal: ['model', 'policy', 'postgres'],
  history: ['model', 'journal'],
  migration: ['model', 'policy', 'hypervisor', 'journal', 'history', 'version.ts'],
  // It is pure: what a user states, and not what is done with it.
  config: ['model', 'policy', 'drain'],
  simulate: ['model', 'policy', 'hypervisor', 'journal', 'history', 'migration', 'config', 'version.ts'],
  plan: ['model', 'policy', 'hypervisor', 'journal', 'history', 'migration', 'config', 'simulate'],
  watch: ['model', 'policy', 'hypervisor', 'journal', 'history', 'migration', 'config', 'version.ts'],
  // It is for programs elsewhere, and knows the service by its API only.
  client: [],
  fleet: [
    ...['drain', 'model', 'policy', 'hypervisor', 'postgres', 'journal', 'history', 'migration', 'config'],
    ...['plan', 'simulate', 'watch', 'version.ts'],
  ],
};

/** Above all rooms, in order: each may use every room, and those of these before it. */
const ABOVE_ALL = ['service', 'cli', 'index.ts'];

/** Imports that break the rule today, with the reason for which each stays. None. */
const EXCEPTIONS: Readonly<Record<string, string>> = {};

const SOURCE = importsBelow('src');

describe('src', () => {
  test('every room uses those below it only', () => {
    const upward = SOURCE.filter(isUpward).map(({ from, to }) => `${from} -> ${to}`);
    expect(upward.filter((each) => !(each in EXCEPTIONS))).toEqual([]);
    // An exception that nothing needs any more goes.
    expect(Object.keys(EXCEPTIONS).filter((each) => !upward.includes(each))).toEqual([]);
  });

  test('the rule itself has no circle', () => {
    const rule = Object.entries(MAY_USE).flatMap(([from, rooms]) => rooms.map((to) => ({ from, to })));
    expect(circleIn(rule)).toBeUndefined();
  });

  test('no two rooms import each other, by whatever way', () =>
    expect(circleIn(between(SOURCE, roomOf))).toBeUndefined());
});

describe('src/hypervisor/libvirt', () => {
  test('no two of its folders import each other', () => {
    const root = 'src/hypervisor/libvirt/';
    const inside = SOURCE.filter(({ from, to }) => from.startsWith(root) && to.startsWith(root));
    const folders = between(inside, (file) => file.slice(root.length).split('/').slice(0, -1).join('/'));
    // What lies beside them (the driver, addresses) belongs to no folder.
    const named = folders.filter(({ from, to }) => from !== '' && to !== '');
    expect(named.length).toBeGreaterThan(0);
    expect(circleIn(named)).toBeUndefined();
  });
});

test('the page imports nothing of the service, which it knows by its API only', () => {
  const imports = importsBelow('web/src');
  expect(imports.length).toBeGreaterThan(50);
  const outside = imports.filter(({ to }) => !to.startsWith('web/src/')).map(({ to }) => to);
  // How events are read is the same for every program: those files use nothing of Node.
  expect(outside).toEqual(['src/client/lasting-stream.ts']);
  const shared = SOURCE.filter(({ from }) => outside.includes(from));
  expect(shared.map(({ to }) => to)).toEqual(['src/client/sse.ts']);
  expect(circleIn(imports)).toBeUndefined();
});

test('nothing in lab/ imports in a circle', () => {
  const imports = importsBelow('lab');
  expect(imports.length).toBeGreaterThan(50);
  expect(circleIn(imports)).toBeUndefined();
});

describe('what these tests go by', () => {
  test('every way to import is seen, and nothing else', () => {
    const text = `
      import { a } from './a.ts';
      import type { B } from '../room/b.ts';
      import {
        c,
      } from './c.ts';
      export * from './d.ts';
      import './e.ts';
      const f = await import('./f.ts');
      import fs from 'node:fs';
      const words = 'from ./nowhere.ts';`;
    expect(importsIn('src/model/x.ts', text).map(({ to }) => to)).toEqual([
      'src/model/a.ts',
      'src/room/b.ts',
      'src/model/c.ts',
      'src/model/d.ts',
      'src/model/e.ts',
      'src/model/f.ts',
    ]);
  });

  test('an upward import is found, and one into a room that is not known', () => {
    expect(isUpward({ from: 'src/model/a.ts', to: 'src/policy/b.ts' })).toBe(true);
    expect(isUpward({ from: 'src/watch/a.ts', to: 'src/cli/b.ts' })).toBe(true);
    expect(isUpward({ from: 'src/attic/a.ts', to: 'src/model/b.ts' })).toBe(true);
    expect(isUpward({ from: 'src/service/a.ts', to: 'src/cli/b.ts' })).toBe(true);
    expect(isUpward({ from: 'src/policy/peers/a.ts', to: 'src/model/b.ts' })).toBe(false);
    expect(isUpward({ from: 'src/cli/a.ts', to: 'src/watch/b.ts' })).toBe(false);
  });

  test('a circle is found however long it is', () => {
    const edge = (from: string, to: string): Import => ({ from, to });
    const line = [edge('a', 'b'), edge('a', 'c'), edge('b', 'd'), edge('c', 'd')];
    expect(circleIn(line)).toBeUndefined();
    expect(circleIn([...line, edge('d', 'e'), edge('e', 'b')])).toEqual(['b', 'd', 'e', 'b']);
  });
});

function isUpward({ from, to }: Import): boolean {
  const [user, used] = [roomOf(from), roomOf(to)];
  if (user === used) return false;
  if (ABOVE_ALL.includes(user)) return ABOVE_ALL.indexOf(used) > ABOVE_ALL.indexOf(user);
  return !MAY_USE[user]?.includes(used);
}

/** The folder below src, or the file that lies beside those. */
function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}
