/** The hosts that the service follows, and their guests as the hosts tell them now. */
import { z } from '@hono/zod-openapi';
import { type AskVirsh, virshAt } from '../hypervisor/libvirt/domain/domain-job.ts';
import type { HostMark } from './drains/drains.ts';
import type { LiveMigrations } from './live-migrations.ts';

export const hostSchema = z
  .object({
    host: z.string().describe("libvirt's URI of it"),
    problem: z.string().nullable().describe('why nothing is known of it now'),
    cordon: z
      .object({ by: z.string(), reason: z.string().nullable(), since: z.iso.datetime() })
      .nullable()
      .describe('no drain moves a VM there, by somebody’s word'),
    drain: z.string().nullable().describe('the id of the drain that empties it'),
    vms: z.array(
      z.object({
        uuid: z.string().nullable().describe('null: not known'),
        name: z.string(),
        state: z.enum(['running', 'paused']),
        memoryBytes: z
          .number()
          .nonnegative()
          .nullable()
          .describe('the most that it may have; null: not known'),
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
        const memory = await memoryOn(ask);
        const list = async (state: 'running' | 'paused') =>
          vmsIn(await ask(['list', '--uuid', '--name', `--state-${state}`]), state, memory, live);
        const [running, paused] = [await list('running'), await list('paused')];
        return { host, problem: null, ...UNMARKED, vms: [...running, ...paused].sort(byName) };
      } catch (error) {
        return { host, problem: (error as Error).message, ...UNMARKED, vms: [] };
      }
    }),
  );
}

/** Until it is known. */
export const UNMARKED = { cordon: null, drain: null } as const;

/** With what the drains' database says of them. Those that nobody follows, and of which there is something to say, come last. */
export function markedHosts(hosts: readonly Host[], marks: ReadonlyMap<string, HostMark>): Host[] {
  const others = [...marks.keys()].filter((uri) => !hosts.some(({ host }) => host === uri)).sort();
  const notFollowed = others.map(
    (host): Host => ({ host, problem: 'this service does not follow it', ...UNMARKED, vms: [] }),
  );
  return [...hosts, ...notFollowed].map((each) => {
    const { cordon, drain = null } = marks.get(each.host) ?? {};
    if (!cordon) return { ...each, drain };
    const { by, reason, sinceMs } = cordon;
    return { ...each, drain, cordon: { by, reason, since: new Date(sinceMs).toISOString() } };
  });
}

/** By name. A domain that is busy tells nothing, and holds up no answer. */
async function memoryOn(ask: AskVirsh): Promise<ReadonlyMap<string, number>> {
  const memory = new Map<string, number>();
  let name: string | undefined;
  // A libvirt that cannot tell it tells the rest.
  const told = await ask(['domstats', '--balloon', '--nowait', '--list-active']).catch(() => '');
  for (const line of told.split('\n')) {
    name = /^Domain: '(.*)'$/.exec(line)?.[1] ?? name;
    const [, kib] = /^\s+balloon\.maximum=(\d+)$/.exec(line) ?? [];
    if (name !== undefined && kib !== undefined) memory.set(name, 1024 * Number(kib));
  }
  return memory;
}

function vmsIn(
  list: string,
  state: 'running' | 'paused',
  memory: ReadonlyMap<string, number>,
  live: LiveMigrations,
): Host['vms'] {
  return list.split('\n').flatMap((line) => {
    const [, uuid, name] = /^([0-9a-f-]{36}) (.*\S) *$/.exec(line) ?? [];
    if (uuid === undefined || name === undefined) return [];
    const migration = live.all().find(({ view, writer }) => writer !== undefined && view.vmUuid === uuid);
    return [
      { uuid, name, state, memoryBytes: memory.get(name) ?? null, migration: migration?.view.id ?? null },
    ];
  });
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
