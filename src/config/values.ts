/**
 * Single values of settings, from text. The configuration file, a domain's metadata, the environment and the
 * command line all take them through these. Every parser throws {@link UnitError}, whose sentence says what
 * would be accepted.
 */
import { QEMU_LONGEST_DOWNTIME_MS } from '../model/qemu-constants.ts';
import { formatDuration, parseDurationMs, UnitError } from '../model/units.ts';

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

/** @throws {UnitError} */
export function parseYesOrNo(text: string): boolean {
  if (/^(yes|true)$/i.test(text.trim())) return true;
  if (/^(no|false)$/i.test(text.trim())) return false;
  throw new UnitError(`"${text}" is neither true nor false`);
}
