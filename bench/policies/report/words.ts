/** How figures are written in the page. */
import { formatBytes, formatDuration } from '../../../src/model/units.ts';
import type { Range, Row } from '../rows.ts';

export function msText(range: Range | undefined): string {
  return rangeText(range, formatDuration);
}

export function bytesText(range: Range | undefined): string {
  return rangeText(range, formatBytes);
}

/** Median, and minimum to maximum where they differ from it as written. */
export function rangeText(range: Range | undefined, format: (value: number) => string): string {
  if (!range) return '';
  const [median, min, max] = [range.median, range.min, range.max].map(format);
  return min === median && max === median ? `${median}` : `${median} (${min} to ${max})`;
}

/** As a change: `-22 %`, `+5 %`. */
export function changeText(ratio: number | undefined): string {
  if (ratio === undefined) return '';
  const percent = Math.round((ratio - 1) * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : '±'}${Math.abs(percent)} %`;
}

export function ratioText(ratio: number | undefined): string {
  return ratio === undefined ? '-' : ratio.toFixed(2);
}

export function arrivedText({ successes, runs }: Row): string {
  return `${successes} of ${runs}`;
}

/** What those that did not arrive came to. */
export function failureText({ failures, vainBytes }: Row): string {
  return failures.length === 0 ? '' : `${failures.join(', ')} after ${bytesText(vainBytes)}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (words: readonly string[]) =>
    `| ${words.map((word) => word.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
