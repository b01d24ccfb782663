import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stateDirectory } from './state-directory.ts';

test('where the state is kept: the flag, then XDG, then the home folder', () => {
  expect(stateDirectory('/x/y', {})).toBe('/x/y');
  expect(stateDirectory(undefined, { XDG_STATE_HOME: '/state' })).toBe('/state/switchover');
  expect(stateDirectory(undefined, { XDG_STATE_HOME: 'relative' })).toBe(
    path.join(os.homedir(), '.local/state/switchover'),
  );
});
