/**
 * Single values of settings, from text. The configuration file, a domain's metadata, the environment and the
 * command line all take them through these. Every parser throws {@link UnitError}, whose sentence says what
 * would be accepted.
 */
import { QEMU_LONGEST_DOWNTIME_MS } from '../model/qemu-constants.ts';
import { formatDuration, parseBytes, parseDurationMs, UnitError } from '../model/units.ts';

/** @returns milliseconds; 0 means that no pause is always fine @throws {UnitError} */
export function parseDowntimeMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms > QEMU_LONGEST_DOWNTIME_MS)
    throw new UnitError(`${formatDuration(ms)} is over 2000 s, the longest downtime that QEMU takes`);
  return ms;
}

/** @returns milliseconds above zero @throws {UnitError} */
export function parseMaxDowntimeMs(text: string): number {
  if (parseDurationMs(text) === 0)
    throw new UnitError('it must be above zero: every migration pauses the guest for some milliseconds');
  return parseDowntimeMs(text);
}

/** @returns milliseconds above zero @throws {UnitError} */
export function parseTimeoutMs(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === 0) throw new UnitError('it must be above zero');
  return ms;
}

/** `min-shrink=5%`. @throws {UnitError} */
export function parsePolicyOption(text: string): [name: string, value: string] {
  const [name, value, ...rest] = text.split('=');
  if (!name || !value || rest.length > 0) throw new UnitError('write it like min-shrink=5%');
  return [name, value];
}

/** `min-shrink=5% patience-passes=4`, as an attribute in XML has to say it. @throws {UnitError} */
export function parsePolicyOptions(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split(/[\s,]+/)
      .filter((pair) => pair !== '')
      .map(parsePolicyOption),
  );
}

/** `db web`, as an attribute in XML has to say a list. @throws {UnitError} */
export function parseNames(text: string): string[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  if (names.length === 0) throw new UnitError('the list is empty: name at least one group, like "db"');
  return names;
}

export const HIGHEST_PRIORITY = 1000;
export const PRIORITY_WORDS = `it takes a whole number from 0 to ${HIGHEST_PRIORITY}`;

/** @throws {UnitError} */
export function parsePriority(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= HIGHEST_PRIORITY) return Number(text);
  throw new UnitError(PRIORITY_WORDS);
}

/** @throws {UnitError} */
export function parseYesOrNo(text: string): boolean {
  if (/^(yes|true)$/i.test(text.trim())) return true;
  if (/^(no|false)$/i.test(text.trim())) return false;
  throw new UnitError(`"${text}" is neither true nor false`);
}

/** Of calm VMs on one link: more would only share it. */
export const MOST_AT_A_TIME = 8;

/** @returns bytes; 0 means none @throws {UnitError} */
export function parseReserveBytes(size: string): number {
  return size.trim() === '0' ? 0 : parseBytes(size);
}
