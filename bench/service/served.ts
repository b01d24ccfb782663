/** A real `switchover serve`, in a process of its own, and what it takes of the machine. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Running } from '../../lab/switchover-process.ts';
import { memoryBytesOf } from './machine-memory.ts';

export class Served implements AsyncDisposable {
  /** Without a slash at its end. */
  readonly at: string;
  private readonly running: Running;

  private constructor(running: Running, at: string) {
    this.running = running;
    this.at = at;
  }

  /** @returns once it answers */
  static async start(...args: string[]): Promise<Served> {
    const running = new Running(['serve', '--listen', '127.0.0.1:0', ...args]);
    await running.prints(/^switchover .* (follows|shows)/m);
    const [, at = ''] = /listens at (http:\S+)\//.exec(running.stdout) ?? [];
    return new Served(running, at);
  }

  /** With its store, where that is a process of its own. */
  memoryBytes(): number {
    return memoryBytesOf(this.running.process.pid);
  }

  /** Processor time since its start, in milliseconds; the kernel counts in steps of 10. */
  cpuMs(): number {
    const fields = this.proc('stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async get<T>(place: string): Promise<T> {
    return JSON.parse(await this.text(place)) as T;
  }

  /** Where it is asked too often it says when to come back. */
  async text(place: string): Promise<string> {
    for (;;) {
      const response = await fetch(`${this.at}${place}`);
      const text = await response.text();
      if (response.ok) return text;
      if (response.status !== 429) throw new Error(`${place}: ${response.status} ${text}`);
      await sleep(1000 * Number(response.headers.get('retry-after') ?? 1));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running.process.kill('SIGTERM');
    await this.running.ended;
  }

  private proc(file: string): string {
    return readFileSync(`/proc/${this.running.process.pid}/${file}`, 'utf8');
  }
}
