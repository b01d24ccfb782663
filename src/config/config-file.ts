/** Where the configuration file is, and reading it: the only part of the configuration that touches the machine. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';

/** @throws {ConfigError} when it cannot be read or is wrong; every problem is told */
export function loadConfig(file: string): Config {
  let toml: string;
  try {
    toml = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError([`the configuration ${file} cannot be read: ${inWords(cause)}`], { cause });
  }
  return parseConfig(toml, file);
}

/**
 * @param explicit `--config`; else SWITCHOVER_CONFIG. These have to be there; of the usual places the first that
 *   is there counts, and where none is, all is built in
 * @throws {ConfigError}
 */
export function findConfig(explicit: string | undefined, env: NodeJS.ProcessEnv = process.env): Config {
  const named = explicit || env['SWITCHOVER_CONFIG'];
  if (named) return loadConfig(named);
  const file = usualPlaces(env).find(isThere);
  return file === undefined ? { ...parseConfig('', 'nothing'), file } : loadConfig(file);
}

/** Where a configuration is looked for when none is named, the first first. */
export function usualPlaces(env: NodeJS.ProcessEnv = process.env): string[] {
  // A relative XDG path is to be ignored, says the XDG base directory specification.
  const xdg = env['XDG_CONFIG_HOME'];
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), '.config');
  return [path.join(base, 'switchover', 'switchover.toml'), '/etc/switchover/switchover.toml'];
}

/** A file that is there and may not be looked at counts as there, so that reading it says so. */
function isThere(file: string): boolean {
  try {
    fs.statSync(file);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

function inWords(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException;
  return errno === undefined ? String(error) : getSystemErrorMessage(errno);
}
