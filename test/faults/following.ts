/** After a cell: the next command finds nothing that the fault has left behind. */
import type { Side } from './cell.ts';
import type { Scene } from './scene.ts';

/**
 * The guest is migrated to a fresh destination, or, where nobody has it any more, attach is asked what became of it.
 * Afterwards the guest is at work on the source again, with a waiting destination.
 * @param side where the guest is; undefined: nowhere
 * @returns what did not go as it should
 */
export async function followingProblem(scene: Scene, side: Side | undefined): Promise<string | undefined> {
  const { bed } = scene;
  if (side === undefined) {
    const ran = await scene.run('attach', `qmp:${bed.pair.source.qmpPath}`).ended;
    // There is no VM: refused, or told that somebody has to look.
    if (ran.status === 3 || ran.status === 6 || ran.status === 4) return undefined;
    return `the following attach to a guest that is lost ended with exit status ${ran.status}`;
  }
  // Both hold sockets of the QEMUs that are about to be replaced.
  for (const witness of Object.values(scene.witnesses)) witness.close();
  for (const way of Object.values(scene.ways)) await way[Symbol.asyncDispose]();
  if (side === 'destination') await bed.turnAround();
  else await bed.pair.startDestination();
  const ran = await scene.run(
    ...['migrate', bed.source, bed.destination, ...bed.common().slice(0, 2), '--json'],
    ...(bed.pair.source.losesWritesWorkaround ? ['--force'] : []),
  ).ended;
  scene.timeline.note(`the following migrate ended with exit status ${ran.status}`);
  if (ran.status !== 0) return `the following migrate ended with exit status ${ran.status}`;
  const { ok, reason } = await bed.arrival('destination');
  if (!ok) return `memory after the following migrate: ${reason}`;
  await bed.turnAround();
  return undefined;
}
