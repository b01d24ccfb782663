/** The hosts that the service follows, and their guests as the hosts tell them now. */
import { z } from '@hono/zod-openapi';
import { type AskVirsh, virshAt } from '../hypervisor/libvirt/domain/domain-job.ts';
import type { LiveMigrations } from './live-migrations.ts';

export const hostSchema = z
  .object({
    host: z.string().describe("libvirt's URI of it"),
    problem: z.string().nullable().describe('why nothing is known of it now'),
    vms: z.array(
      z.object({
        uuid: z.string().nullable().describe('null: not known'),
        name: z.string(),
        state: z.enum(['running', 'paused']),
        migration: z.string().nullable().describe('the id of the one that goes on'),
      }),
    ),
  })
  .openapi('Host');

export type Host = z.infer<typeof hostSchema>;

/** @param askOf left out: by virsh */
export async function hostsNow(
  uris: readonly string[],
  live: LiveMigrations,
  askOf: (uri: string) => AskVirsh = virshAt,
): Promise<Host[]> {
  return await Promise.all(
    uris.map(async (host): Promise<Host> => {
      try {
        const ask = askOf(host);
        const running = vmsIn(await ask(['list', '--uuid', '--name', '--state-running']), 'running', live);
        const paused = vmsIn(await ask(['list', '--uuid', '--name', '--state-paused']), 'paused', live);
        return { host, problem: null, vms: [...running, ...paused].sort(byName) };
      } catch (error) {
        return { host, problem: (error as Error).message, vms: [] };
      }
    }),
  );
}

function vmsIn(list: string, state: 'running' | 'paused', live: LiveMigrations): Host['vms'] {
  return list.split('\n').flatMap((line) => {
    const [, uuid, name] = /^([0-9a-f-]{36}) (.*\S) *$/.exec(line) ?? [];
    if (uuid === undefined || name === undefined) return [];
    const migration = live.all().find(({ view, writer }) => writer !== undefined && view.vmUuid === uuid);
    return [{ uuid, name, state, migration: migration?.view.id ?? null }];
  });
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
