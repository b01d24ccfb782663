/** The hosts of a world in another process, as a controller asks them. */
import net from 'node:net';
import { createInterface } from 'node:readline';
import type { DrainHosts, HostSeen, VmSeen } from '../../src/fleet/drain-hosts.ts';
import {
  type Attended,
  type Guard,
  type Located,
  type Mover,
  type Ride,
  type Seen,
  StartFailed,
} from '../../src/fleet/mover.ts';
import type { Answer, Question } from './world-server.ts';

export class RemoteHosts implements DrainHosts, Mover {
  private readonly socket: net.Socket;
  private readonly by: string;
  private readonly open = new Map<number, PromiseWithResolvers<unknown>>();
  private asked = 0;

  private constructor(socket: net.Socket, by: string) {
    this.socket = socket;
    this.by = by;
    createInterface({ input: socket }).on('line', (line) => {
      const { id, value, error, failure }: Answer = JSON.parse(line);
      const waits = this.open.get(id);
      this.open.delete(id);
      if (error === undefined) waits?.resolve(value);
      else waits?.reject(failure ? new StartFailed(failure) : new Error(error));
    });
  }

  /** @param by the controller's name in the world's record */
  static async at(file: string, by: string): Promise<RemoteHosts> {
    const socket = net.connect(file);
    await new Promise<void>((resolve, reject) => socket.once('error', reject).once('connect', resolve));
    return new RemoteHosts(socket, by);
  }

  async look(host: string): Promise<HostSeen> {
    return await this.ask('look', { host });
  }

  async vm(host: string, vm: string): Promise<VmSeen | undefined> {
    return await this.ask('vm', { host, vm });
  }

  async locate({ vm, source, destination }: Ride): Promise<Located> {
    return await this.ask('locate', { vm, host: source, destination });
  }

  async start({ vm, source, destination }: Ride, guard: Guard): Promise<void> {
    if (!guard.mayAct())
      throw new StartFailed({ class: 'transient', code: 'stale', words: 'the lease is over' });
    await this.ask('start', { vm, host: source, destination });
  }

  async attach({ vm }: Ride, guard: Guard): Promise<Attended> {
    const letGo = new Promise<void>((resolve) => {
      guard.letGo.addEventListener('abort', () => resolve(), { once: true });
      if (guard.letGo.aborted) resolve();
    });
    return (await Promise.race([this.ask<Attended>('attend', { vm }), letGo])) ?? {};
  }

  async cancel(): Promise<void> {
    throw new Error('nothing is cancelled here');
  }

  async shareLink(): Promise<boolean> {
    throw new Error('no link has a budget here');
  }

  async shutDown(): Promise<void> {
    throw new Error('nothing is shut down here');
  }

  async startUp(): Promise<void> {
    throw new Error('nothing is shut down here');
  }

  async running(): Promise<readonly Seen[]> {
    return await this.ask('running', {});
  }

  private async ask<T>(ask: Question['ask'], rest: Omit<Question, 'id' | 'ask' | 'by'>): Promise<T> {
    this.asked += 1;
    const waits = Promise.withResolvers<unknown>();
    this.open.set(this.asked, waits);
    this.socket.write(`${JSON.stringify({ id: this.asked, ask, by: this.by, ...rest })}\n`);
    return (await waits.promise) as T;
  }
}
