/**
 * Command lines, read strictly: whatever is wrong becomes a {@link UsageError} of one sentence.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { parseBytes, parseDurationMs, parseRate, UnitError } from '../../src/model/units.ts';
import { UsageError } from '../usage-error.ts';

/** @param maxPositionals how many words without a dash the command takes */
export function readArguments<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  maxPositionals: number,
) {
  const parsed = inOneSentence(() =>
    parseArgs({ args: [...args], options, allowPositionals: true, strict: true }),
  );
  const extra = parsed.positionals[maxPositionals];
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many: see ./dev lab help`);
  return parsed;
}

export function readMiB(option: string, text: string): number {
  const bytes = inOneSentence(() => parseBytes(text), option);
  if (bytes === 0 || bytes % 2 ** 20 !== 0)
    throw new UsageError(`${option} ${text}: give whole MiB above zero, like 128M or 1G`);
  return bytes / 2 ** 20;
}

export function readSeconds(option: string, text: string): number {
  const durationMs = inOneSentence(() => parseDurationMs(text), option);
  if (durationMs === 0 || durationMs % 1000 !== 0)
    throw new UsageError(`${option} ${text}: give whole seconds above zero, like 5s`);
  return durationMs / 1000;
}

export function readBitsPerSecond(option: string, text: string): number {
  return 8 * inOneSentence(() => parseRate(text), option);
}

export function readWhole(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} ${text}: give a whole number`);
  return Number(text);
}

export function readChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new UsageError(`${option} ${text}: choose one of ${choices.join(', ')}`);
  return choice;
}

function inOneSentence<T>(read: () => T, option?: string): T {
  try {
    return read();
  } catch (error) {
    const isUsage = error instanceof UnitError || (error instanceof TypeError && 'code' in error);
    if (!isUsage) throw error;
    // parseArgs explains itself at length after its first sentence.
    const sentence = (error as Error).message.split('. ')[0] ?? '';
    throw new UsageError(option === undefined ? `${sentence}: see ./dev lab help` : `${option}: ${sentence}`);
  }
}
