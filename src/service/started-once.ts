/**
 * What was started under an idempotency key, so that a request that is sent again starts nothing twice, whatever becomes of the
 * service in between. The key is written down with the id of its migration when the journal is open, and before anything is begun:
 *
 *     asked ──journal open──▶ written down ──▶ begun on the hosts
 *
 * A service that is killed before that line has begun nothing: the key may start it. After it, the key answers with that migration.
 */
import { Problem } from './problem.ts';
import { KEPT_FOR_MS, type StartedKeys, type StartedUnder } from './started-keys.ts';

/** More than a caller may start in a day; the oldest go first. */
const KEPT = 100_000;

/** Has to be called, and waited for, between the opening of the journal and the first thing that is done to a host. */
export type Begins = (id: string) => Promise<void>;

interface Known {
  readonly request: string;
  readonly startedAt: number;
  readonly id: Promise<string>;
}

export class StartedOnce {
  private readonly file: StartedKeys;
  private readonly isThere: (id: string) => Promise<boolean>;
  private readonly byKey = new Map<string, Known>();
  private readonly written = new Map<string, StartedUnder>();
  private read: Promise<void> | undefined;

  /** @param isThere whether there is a journal of that id */
  constructor(file: StartedKeys, isThere: (id: string) => Promise<boolean>) {
    this.file = file;
    this.isThere = isThere;
  }

  /**
   * @param key undefined: it is started
   * @param request tells one request from another
   * @throws {Problem} where the key was used for another request, or its migration has left no journal; what `start` throws
   */
  async once(
    key: string | undefined,
    request: string,
    start: (begins: Begins) => Promise<string>,
  ): Promise<string> {
    if (key === undefined) return await start(async () => {});
    await this.readOnce();
    this.forgetOld(Date.now());
    const before = this.byKey.get(key);
    if (before) return await this.again(before, request);
    const id = this.startedUnder(key, request, start);
    this.byKey.set(key, { request, startedAt: Date.now(), id });
    return await id;
  }

  private async again(before: Known, request: string): Promise<string> {
    if (before.request !== request)
      throw new Problem(422, 'key-used', 'this Idempotency-Key was used for another request: take a new one');
    const id = await before.id;
    if (await this.isThere(id)) return id;
    throw new Problem(
      409,
      'journal-gone',
      `${id} was to be started under this Idempotency-Key, and its journal is not there: it was refused before anything was touched, or it has ended and its journal was removed. Look where the guest is, then take a new key`,
    );
  }

  private async startedUnder(
    key: string,
    request: string,
    start: (begins: Begins) => Promise<string>,
  ): Promise<string> {
    let begun: string | undefined;
    try {
      return await start(async (id) => {
        const started = { key, request, id, time: new Date().toISOString() };
        this.written.set(key, started);
        await this.file.add(started, this.written.values());
        begun = id;
      });
    } catch (error) {
      // What did not begin may be tried again under its key.
      if (begun === undefined || !(await this.isThere(begun))) {
        this.byKey.delete(key);
        this.written.delete(key);
        if (begun !== undefined) await this.file.remove(key).catch(() => undefined);
      }
      throw error;
    }
  }

  private async readOnce(): Promise<void> {
    this.read ??= this.readFile();
    try {
      await this.read;
    } catch (error) {
      this.read = undefined;
      throw error;
    }
  }

  private async readFile(): Promise<void> {
    for (const [key, started] of await this.file.read(Date.now())) {
      const { request, id, time } = started;
      this.written.set(key, started);
      this.byKey.set(key, { request, startedAt: Date.parse(time), id: Promise.resolve(id) });
    }
  }

  private forgetOld(now: number): void {
    for (const [key, { startedAt }] of this.byKey) {
      if (this.byKey.size <= KEPT && now - startedAt < KEPT_FOR_MS) return;
      this.byKey.delete(key);
      this.written.delete(key);
    }
  }
}
