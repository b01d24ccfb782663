/**
 * What libvirtd found out about the machine's QEMU. It asks on the first use of a guest, which takes 4 s; so the
 * lab keeps the answer and gives it to its next hosts. libvirtd checks that it still fits, and else asks again.
 */
import { createHash } from 'node:crypto';
import { cp, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { alreadyBuilt, builtOnce } from '../guest/cache.ts';
import { DEFAULT_QEMU_BINARY } from '../qemu-version.ts';
import { asRoot, run } from '../run.ts';
import type { HostFiles } from './host-files.ts';
import { libvirtdProgram } from './libvirtd-program.ts';

/** Before the host's first start. Does nothing when no lab has kept any yet. */
export async function lendCapabilities(files: HostFiles): Promise<void> {
  const kept = await alreadyBuilt(await cacheKey());
  if (kept !== undefined) await cp(kept, folderOf(files), { recursive: true });
}

/** After a guest has started on the host. */
export async function keepCapabilities(files: HostFiles): Promise<void> {
  await builtOnce(await cacheKey(), async (folder) => {
    // Only root may read them.
    await run(asRoot(['cp', '-r', '--no-preserve=mode,ownership', `${folderOf(files)}/.`, folder]));
  });
}

/** Changes whenever libvirtd would ask again. */
async function cacheKey(): Promise<string> {
  const qemu = (await run(['which', DEFAULT_QEMU_BINARY])).trim();
  const programs = [qemu, (await libvirtdProgram()).path];
  const changes = await Promise.all(programs.map(async (path) => (await stat(path)).ctimeMs));
  const facts = JSON.stringify([release(), programs, changes]);
  return `libvirt-capabilities-${createHash('sha256').update(facts).digest('hex').slice(0, 16)}`;
}

function folderOf(files: HostFiles): string {
  return join(files.folder, 'cache', 'qemu', 'capabilities');
}
