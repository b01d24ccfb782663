/** What policies were started with, as marks behind their names and a legend of those marks. */
import type { PolicyResult } from '../../simulate/summary.ts';

const MARKS: readonly (readonly [started: string, mark: string, words: string])[] = [
  ['auto-converge', '*', "started with auto-converge, as its system does: the guest's CPUs are slowed down"],
  ['post-copy', '+', 'may go on by post-copy, as its rule does'],
  ['hottest pages last', '^', 'sends the most referenced pages last, which only the simulator can'],
];

export function markedName({ policy, startedWith }: Pick<PolicyResult, 'policy' | 'startedWith'>): string {
  const marks = MARKS.filter(([started]) => startedWith.includes(started)).map(([, mark]) => mark);
  return `${policy}${marks.join('')}`;
}

/** A line for each mark that occurs. */
export function legendLines(results: readonly PolicyResult[]): string[] {
  return MARKS.filter(([started]) => results.some(({ startedWith }) => startedWith.includes(started))).map(
    ([, mark, words]) => `${mark} ${words}`,
  );
}
