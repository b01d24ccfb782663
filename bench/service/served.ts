/** A real `switchover serve`, in a process of its own, and what it takes of the machine. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Running } from '../../lab/switchover-process.ts';
import { memoryBytesOf, memoryBytesOfChildren, residentBytesOf } from './machine-memory.ts';

export class Served implements AsyncDisposable {
  /** Without a slash at its end. */
  readonly at: string;
  private readonly running: Running;
  /** A demonstration makes its state folder in it. */
  private readonly temporary: string;

  private constructor(running: Running, at: string, temporary: string) {
    this.running = running;
    this.at = at;
    this.temporary = temporary;
  }

  /** @returns once it answers */
  static async start(...args: string[]): Promise<Served> {
    const temporary = mkdtempSync(path.join(os.tmpdir(), 'switchover-served-'));
    const running = new Running(['serve', '--listen', '127.0.0.1:0', ...args], { TMPDIR: temporary });
    await running.prints(/^switchover .* (follows|shows)/m);
    const [, at = ''] = /listens at (http:\S+)\//.exec(running.stdout) ?? [];
    return new Served(running, at, temporary);
  }

  /** Where a demonstration keeps its journals until it ends. @throws {Error} of one that is none */
  demoStateDir(): string {
    const [folder] = readdirSync(this.temporary).filter((name) => name.startsWith('switchover-demo-'));
    if (folder === undefined) throw new Error(`no demonstration keeps its journals in ${this.temporary}`);
    return path.join(this.temporary, folder);
  }

  /** With its store, where that is a process of its own. */
  memoryBytes(): number {
    return memoryBytesOf(this.running.process.pid);
  }

  /** With its database, where it has one. */
  async isReady(): Promise<void> {
    while (!(await fetch(`${this.at}/readyz`)).ok) await sleep(200);
  }

  residentBytes(): number {
    return residentBytesOf(this.running.process.pid);
  }

  /** Of its PostgreSQL, where it has one of its own. */
  storeBytes(): number {
    return memoryBytesOfChildren(this.running.process.pid);
  }

  /** Processor time since its start, in milliseconds; the kernel counts in steps of 10. */
  cpuMs(): number {
    const fields = this.proc('stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async get<T>(place: string): Promise<T> {
    const response = await fetch(`${this.at}${place}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${place}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running.process.kill('SIGTERM');
    await this.running.ended;
    rmSync(this.temporary, { recursive: true, force: true });
  }

  private proc(file: string): string {
    return readFileSync(`/proc/${this.running.process.pid}/${file}`, 'utf8');
  }
}
