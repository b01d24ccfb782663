import { chooseKeptPair, restartDestination as restart } from '../kept-lab.ts';
import { readArguments } from './arguments.ts';
import { progress } from './output.ts';

/** After a failed or cancelled migration the destination's QEMU has ended: starts it again, under the same paths. */
export async function restartDestination(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments(args, {}, 1);
  const pair = await restart(chooseKeptPair(positionals[0]));
  progress(`the destination of lab ${pair.place.labId} waits again, pid ${pair.destination.pid}`);
  return 0;
}
