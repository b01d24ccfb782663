/** One look at a libvirt host as a whole, with commands that only read. */
import { type Access, REAL_ACCESS } from './access.ts';
import { ask } from './ask.ts';
import { parseNodeMemory } from './preflight/host-facts.ts';

export interface HostFigures {
  /** UUIDs of the domains that are active, in the order in which the host lists them; those on their way in are among them. */
  readonly active: readonly string[];
  /** What new guests could get: free, buffers and page cache. Undefined: it does not tell. */
  readonly freeBytes: number | undefined;
  /** The memory of the largest active domain; 0: there is none. */
  readonly largestBytes: number;
}

export interface HostLook extends HostFigures {
  /** How many domains are defined there and do not run. */
  readonly shutOff: number;
}

/** @throws {RefusedError} when the host cannot be asked */
export async function lookAtHost(uri: string, access: Access = REAL_ACCESS): Promise<HostLook> {
  const figures = await figuresOfHost(uri, access);
  const all = linesOf(await ask(uri, ['list', '--all', '--uuid'], access));
  return { ...figures, shutOff: Math.max(0, all.length - figures.active.length) };
}

/** By nothing that waits for a domain on its way in. @throws {RefusedError} when the host cannot be asked */
export async function figuresOfHost(uri: string, access: Access): Promise<HostFigures> {
  await access.virsh.assertUsable();
  const asked = async (...args: readonly string[]) => await ask(uri, args, access);
  const active = linesOf(await asked('list', '--uuid'));
  // A host without memory figures is a host all the same.
  const memory = await asked('nodememstats').catch(() => '');
  const balloons = await asked('domstats', '--list-active', '--balloon', '--nowait').catch(() => '');
  return {
    active,
    freeBytes: parseNodeMemory(memory)?.availableBytes,
    largestBytes: largestIn(balloons),
  };
}

/** @param stats of `virsh domstats --balloon` */
export function largestIn(stats: string): number {
  const kibibytes = [...stats.matchAll(/^\s*balloon\.maximum=(\d{1,15})$/gm)].map(([, figure]) =>
    Number(figure),
  );
  return Math.max(0, ...kibibytes) * 1024;
}

/** Of virsh's answer, without empty ones. */
export function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => line.trim() || []);
}
