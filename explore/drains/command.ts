/** `./dev explore --drains`. */
import { commitHere, keepResult } from '../../lab/dev-command.ts';
import { formatDuration } from '../../src/model/units.ts';
import { cameTo, type DrainsFound, exploreDrains } from './explore-drains.ts';
import { AT_A_TIME } from './fleet.ts';

export interface DrainsAsked {
  readonly seed: number;
  /** How many are begun; with `forMs` as many as there is time for. */
  readonly most: number;
  readonly forMs: number | undefined;
  readonly json: boolean;
  readonly write: boolean;
}

/** @param place `import.meta.url` of the command, beside which results are kept @returns the exit status */
export async function drainsCommand(place: string, asked: DrainsAsked): Promise<number> {
  const { seed, most, forMs, json, write } = asked;
  const startedMs = performance.now();
  const found = await exploreDrains({
    seed,
    most,
    isEnough: () => forMs !== undefined && performance.now() - startedMs >= forMs,
    tell: (words) => process.stderr.write(`explore: ${words}\n`),
  });
  const tookMs = Math.round(performance.now() - startedMs);
  const wrong = whatIsWrong(found);
  const { ended, ...rest } = found;
  const came = cameTo(ended);
  const told = { seed, commit: commitHere(), tookMs, drains: ended.length, came, ...rest, wrong };
  if (write) keepResult(place, 'drains.json', told);
  if (json) process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  else
    process.stdout.write(
      `${ended.length} drains explored in ${formatDuration(tookMs)} (--drains --seed ${seed}), which moved ${found.moves} VMs: ` +
        `${listed(came)}; what happened: ${listed(found.troubles)}\n` +
        `${wrong.length} of them came to no true end\n${wrong.map((words) => `  ${words}\n`).join('')}`,
    );
  return wrong.length === 0 ? 0 : 1;
}

/** A sentence each. */
function whatIsWrong({ ended, refused, twice, mostOut, mostIn, claims }: DrainsFound): string[] {
  const wrong = ended.flatMap(({ host, kind, wrong: all }) =>
    all.map((words) => `${kind} of ${host}: ${words}`),
  );
  if (mostOut > AT_A_TIME) wrong.push(`${mostOut} moves out of a host at once, where ${AT_A_TIME} may be`);
  if (mostIn > AT_A_TIME) wrong.push(`${mostIn} moves into a host at once, where ${AT_A_TIME} may be`);
  if (claims > 0) wrong.push(`${claims} units are still held although nothing runs`);
  return [...wrong, ...twice, ...refused];
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([what, times]) => `${what} ${times}`)
    .join(', ');
}
