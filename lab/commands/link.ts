import { chooseLab } from '../kept-lab.ts';
import { askInside, isKvmLab } from '../kvm/kept-kvm-lab.ts';
import { findLibvirtLab } from '../libvirt/kept-libvirt-lab.ts';
import { linkOf } from '../link.ts';
import { UsageError } from '../usage-error.ts';
import { readArguments, readBitsPerSecond, readChoice } from './arguments.ts';
import { progress } from './output.ts';

/** Cuts, restores or slows the link of a lab. */
export async function link(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments(args, {}, 3);
  const [id, action, rate] = positionals;
  if (id === undefined || action === undefined)
    throw new UsageError('say which lab and what to do, like: ./dev lab link ID cut');
  const chosen = readChoice('link ID', action, ['cut', 'restore', 'rate']);
  if ((chosen === 'rate') !== (rate !== undefined))
    throw new UsageError('only the rate takes one more word, like: ./dev lab link ID rate 480mbit');
  const folder = chooseLab(id);
  if (isKvmLab(folder)) return await askInside(folder, 'link', args);
  const cable = linkOf(folder.id, findLibvirtLab(folder)?.kept.hostCount);
  if (chosen === 'cut') await cable.cut();
  else if (chosen === 'restore') await cable.restore();
  else await cable.setRate(readBitsPerSecond('link ID rate', rate ?? ''));
  progress(`link of lab ${id}: ${[chosen, rate].filter(Boolean).join(' ')}`);
  return 0;
}
