/** `switchover serve`, with --demo if nothing else is said, as a user starts it; with something in its history and its audit. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { MigrationPage, MigrationSummary } from '../src/api-types.ts';
import type { DrainSummary } from '../src/drain-types.ts';

const PROGRAM = path.join(import.meta.dirname, '..', '..', 'bin', 'switchover');
const STARTS_WITHIN_MS = 60_000;

export class DemoService {
  /** Of the page, with a slash at its end. */
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.child = child;
  }

  /** @param options in place of --demo @throws {Error} where it does not serve in time */
  static async start(options: readonly string[] = ['--demo']): Promise<DemoService> {
    const child = spawn(PROGRAM, ['serve', ...options, '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk;
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(said) ?? [];
      if (url) resolve(url);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', () => reject(new Error(`serve --demo ended: ${said}`)));
    const timer = setTimeout(
      () => reject(new Error(`serve --demo serves nowhere: ${said}`)),
      STARTS_WITHIN_MS,
    );
    try {
      return new DemoService(await promise, child);
    } catch (error) {
      child.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.child.kill();
  }

  async get<Answer>(place: string): Promise<Answer> {
    return (await (await fetch(this.url + place)).json()) as Answer;
  }

  async post(place: string, body: object): Promise<Response> {
    return await fetch(this.url + place, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** The newest first. */
  async migrations(query: string): Promise<readonly MigrationSummary[]> {
    return (await this.get<MigrationPage>(`v1/migrations?${query}`)).migrations;
  }

  /** @returns the first found @throws {Error} where there is none in that time */
  async waitFor(
    query: string,
    wanted: (of: MigrationSummary, all: readonly MigrationSummary[]) => boolean,
    withinMs = 90_000,
  ): Promise<MigrationSummary> {
    const untilMs = Date.now() + withinMs;
    for (;;) {
      const all = await this.migrations(query);
      const found = all.find((each) => wanted(each, all));
      if (found) return found;
      if (Date.now() > untilMs) throw new Error(`no migration of ${query} is like that`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** @returns the demonstration's own that goes on, of host-a, once it is like that @throws {Error} where it is not in that time */
  async waitForDrain(wanted: (of: DrainSummary) => boolean, withinMs = 240_000): Promise<DrainSummary> {
    const untilMs = Date.now() + withinMs;
    for (;;) {
      const { drains = [] } = await this.get<{ readonly drains?: readonly DrainSummary[] }>(
        'v1/drains?state=running',
      );
      const [found] = drains.filter(({ host }) => host.includes('host-a')).filter(wanted);
      if (found) return found;
      if (Date.now() > untilMs) throw new Error(`no drain is like that: ${JSON.stringify(drains)}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** The one that stands still is let go of, so that the next one begins. */
  async nextDrain(): Promise<void> {
    const { drains } = await this.get<{ readonly drains: readonly DrainSummary[] }>(
      'v1/drains?state=running',
    );
    for (const { id, state } of drains)
      if (state === 'blocked' || state === 'empty') await this.post(`v1/drains/${id}/release`, {});
  }

  /** What operators do in a day: limits, a cancel with its reason, a start, and one that is refused. */
  async act(): Promise<void> {
    // What a drain moves is its own.
    const isFree = ({ reason }: MigrationSummary) => reason === null || !reason.endsWith('is drained');
    const copying = await this.waitFor(
      'state=running',
      (each) => isFree(each) && each.actions.includes('limits'),
    );
    await this.post(`v1/migrations/${copying.id}/limits`, { maxDowntimeMs: copying.maxDowntimeMs + 500 });
    await this.post('v1/migrations', { vm: 'web-9', destination: 'host-b', reason: 'maintenance of host-a' });
    const { id } = await this.waitFor(
      'state=running',
      (each) => isFree(each) && each.actions.includes('cancel'),
    );
    await this.post(`v1/migrations/${id}/cancel`, { reason: 'the window is over' });
    await this.post('v1/migrations', {
      ...{ vm: 'web-1', destination: 'host-b', maxDowntimeMs: 2000 },
      ...{ reason: 'kernel update', correlationId: 'CHG-20418' },
    });
  }
}
