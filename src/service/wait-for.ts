import { addAbortListener } from 'node:events';
import type { Migrations } from './migrations.ts';

/**
 * Settles when the migration is final, when nobody follows it, after that time, or when the one who waits has gone.
 * @throws {Problem} where there is none
 */
export async function waitFor(
  migrations: Migrations,
  id: string,
  withinMs: number,
  gone: AbortSignal,
): Promise<void> {
  const { writer } = await migrations.get(id);
  if (writer === undefined) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = migrations.live.subscribe((changed) => {
    if (changed === id && migrations.live.get(id)?.writer === undefined) resolve();
  });
  const timer = setTimeout(resolve, withinMs);
  using _listening = addAbortListener(gone, () => resolve());
  // It may have come about while it was read.
  if (migrations.live.get(id)?.writer === undefined) resolve();
  await promise;
  clearTimeout(timer);
  unsubscribe();
}
