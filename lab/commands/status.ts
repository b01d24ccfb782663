import { readKeptPair, sidesOf, whereItRuns } from '../kept-lab.ts';
import { listRunFolders, type RunFolder } from '../run-folder.ts';
import { isStale } from '../sweep.ts';
import { readArguments } from './arguments.ts';
import { describeSide, report } from './output.ts';

/** Lists the labs of this user. */
export async function status(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { json: { type: 'boolean', default: false } }, 0);
  const labs = await Promise.all(listRunFolders().map(describeLab));
  report({ labs }, labs.length === 0 ? 'no labs' : labs.map(asText).join('\n'), values.json);
  return 0;
}

async function describeLab(folder: RunFolder) {
  const pair = readKeptPair(folder);
  const sides = pair === undefined ? {} : await sidesOf(pair);
  return {
    id: folder.id,
    folder: folder.path,
    /** `used`: by a running test or demo. `stale`: nothing of it runs, `./dev lab sweep` removes it. */
    state: stateOf(folder),
    guestRunsOn: (await whereItRuns(sides)) ?? 'unknown',
    source: await describeSide(sides, 'source'),
    destination: await describeSide(sides, 'destination'),
    migrateUri: pair === undefined ? null : `tcp:10.77.0.2:${pair.place.migratePort}`,
  };
}

function stateOf(folder: RunFolder): 'up' | 'used' | 'stale' {
  if (!folder.keep) return folder.owned ? 'used' : 'stale';
  return isStale(folder) && !folder.owned ? 'stale' : 'up';
}

function asText(lab: Awaited<ReturnType<typeof describeLab>>): string {
  if (lab.state === 'used') return `${lab.id}  used by a running program`;
  const side = (name: 'source' | 'destination') => {
    const found = lab[name];
    return found === null ? `${name} ended` : `${name} pid ${found.pid} ${found.runState}`;
  };
  const guest = lab.guestRunsOn === 'unknown' ? '' : `, the guest runs on the ${lab.guestRunsOn}`;
  return `${lab.id}  ${lab.state}  ${side('source')}, ${side('destination')}${guest}`;
}
