/** How drains stand, as text for a terminal: who is left first, with what would help. */
import type { DrainStatus } from '../../fleet/drain-status.ts';
import { shown } from '../../model/shown.ts';
import { table } from '../../model/table.ts';

type Vm = DrainStatus['vms'][number];

export function drainStatusText(status: DrainStatus): string {
  const { host, kind, words, state, outcome, trouble, vms, priority } = status;
  const lines = [`${host}: ${words}`];
  if (priority !== 0) lines.push(`  priority ${priority} among drains`);
  if (trouble !== null) lines.push(`  its host does not answer: ${trouble}`);
  const left = vms.filter(({ state: is }) => is !== 'moved' && is !== 'off' && is !== 'gone');
  for (const { name, words: vmWords } of left) lines.push(`  ${name}: ${vmWords}`);
  const moved = count(vms, 'moved');
  const off = count(vms, 'off');
  const gone = count(vms, 'gone');
  lines.push(
    [
      `${moved} of ${vms.length} ${kind === 'return' ? 'back' : 'moved'}`,
      ...(off > 0 ? [`${off} shut down`] : []),
      ...(gone > 0 ? [`${gone} off or moved by others`] : []),
    ].join(', '),
  );
  if (state === 'blocked')
    lines.push(
      `\`switchover drain ${kind === 'return' ? 'return ' : ''}${host}\` tries them again, \`switchover drain release ${host}\` gives it up`,
    );
  if (state === 'empty' || outcome === 'expired')
    lines.push(`Nothing is moved there until \`switchover drain release ${host}\``);
  return `${lines.map(shown).join('\n')}\n`;
}

/** @param isNews it was not so before */
export function cordonText(did: 'cordon' | 'uncordon', host: string, isNews: boolean): string {
  const words = {
    cordon: isNews ? 'is cordoned: no drain moves a VM there' : 'was cordoned already',
    uncordon: isNews ? 'may be moved to again' : 'was not cordoned',
  };
  return `${host} ${words[did]}\n`;
}

/** One a line. */
export function drainsText(drains: readonly DrainStatus[]): string {
  if (drains.length === 0) return 'no drain\n';
  const areEqual = drains.every(({ priority }) => priority === 0);
  return `${table([
    ['ID', 'HOST', 'STATE', ...(areEqual ? [] : ['PRIORITY']), 'LEFT', 'MOVED', 'HELD', 'BEGUN', 'DEADLINE'],
    ...drains.map(({ id, host, kind, state, outcome, vms, begun, deadline, priority }) => [
      id.slice(0, 8),
      host,
      outcome ?? (kind === 'return' ? `return, ${state}` : state),
      ...(areEqual ? [] : [String(priority)]),
      String(vms.length - count(vms, 'moved') - count(vms, 'off') - count(vms, 'gone')),
      String(count(vms, 'moved')),
      String(count(vms, 'held')),
      minutesOf(begun),
      deadline === null ? '-' : minutesOf(deadline),
    ]),
  ])}\n`;
}

function minutesOf(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')}Z`;
}

function count(vms: readonly Vm[], is: Vm['state']): number {
  return vms.filter(({ state }) => state === is).length;
}
