import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { findConfig, loadConfig, usualPlaces } from './config-file.ts';

let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-config-'));
  env = { XDG_CONFIG_HOME: path.join(folder, 'xdg') };
  return () => fs.rmSync(folder, { recursive: true });
});

function write(name: string, toml = ''): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, toml);
  return file;
}

describe('which file counts', () => {
  test('the one on the command line, then SWITCHOVER_CONFIG, then the usual place', () => {
    const usual = write('xdg/switchover/switchover.toml');
    expect(findConfig(undefined, env).file).toBe(usual);
    const variable = write('env.toml');
    expect(findConfig(undefined, { ...env, SWITCHOVER_CONFIG: variable }).file).toBe(variable);
    const flag = write('flag.toml');
    expect(findConfig(flag, { ...env, SWITCHOVER_CONFIG: variable }).file).toBe(flag);
  });

  test('the usual places are the XDG one and /etc; a relative XDG path is ignored', () => {
    expect(usualPlaces(env)).toEqual([
      path.join(folder, 'xdg/switchover/switchover.toml'),
      '/etc/switchover/switchover.toml',
    ]);
    expect(usualPlaces({ XDG_CONFIG_HOME: 'here' })[0]).toBe(
      path.join(os.homedir(), '.config/switchover/switchover.toml'),
    );
  });

  test('what was named has to be there', () => {
    expect(() => findConfig(path.join(folder, 'none'), env)).toThrow(/none cannot be read: no such file/);
    expect(() => findConfig(undefined, { ...env, SWITCHOVER_CONFIG: folder })).toThrow(
      /cannot be read: .*directory/,
    );
  });

  test('/dev/null is no configuration, whatever the usual places hold', () => {
    write('xdg/switchover/switchover.toml', 'wrong');
    expect(findConfig('/dev/null', env).defaults).toEqual({});
  });
});

test('problems name the file', () => {
  const file = write('bad.toml', '[defaults]\ndowntime = "soon"\n');
  expect(() => loadConfig(file)).toThrow(`${file}:2: downtime: "soon" is not a duration`);
});
