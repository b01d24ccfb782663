/** How a roll over hosts ended, as text for a terminal. */
import type { RolledHost } from '../../fleet/roll.ts';
import { shown } from '../../model/shown.ts';

const WORDS: Readonly<Record<RolledHost['state'], string>> = {
  done: 'done',
  stopped: 'stopped',
  refused: 'nobody let it begin',
  waiting: 'not begun',
};

export function rollText(ends: readonly RolledHost[]): string {
  const lines = ends.map(
    ({ host, state, words }) => `${host}: ${WORDS[state]}${words === null ? '' : `: ${words}`}`,
  );
  const next = ends.find(({ state }) => state !== 'done');
  if (next) lines.push(`The same command with \`--from ${next.host}\` goes on there`);
  return `${lines.map(shown).join('\n')}\n`;
}
