import { chooseKeptPair, chooseLab, restartDestination as restart } from '../kept-lab.ts';
import { askInside, isKvmLab } from '../kvm/kept-kvm-lab.ts';
import { readArguments } from './arguments.ts';
import { progress } from './output.ts';

/** After a failed or cancelled migration the destination's QEMU has ended: starts it again, under the same paths. */
export async function restartDestination(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments(args, {}, 1);
  const folder = chooseLab(positionals[0]);
  if (isKvmLab(folder)) return await askInside(folder, 'restart-destination', args);
  const pair = await restart(chooseKeptPair(folder.id));
  progress(`the destination of lab ${pair.place.labId} waits again, pid ${pair.destination.pid}`);
  return 0;
}
