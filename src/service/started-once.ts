/** What was started under an idempotency key, so that a request that is sent again starts nothing twice. */
import { Problem } from './problem.ts';

const KEPT = 10_000;

export class StartedOnce {
  private readonly byKey = new Map<string, { readonly request: string; readonly id: Promise<string> }>();

  /**
   * @param key undefined: it is started
   * @param request tells one request from another
   * @throws {Problem} where the key was used for another request; what `start` throws
   */
  async once(key: string | undefined, request: string, start: () => Promise<string>): Promise<string> {
    if (key === undefined) return await start();
    const before = this.byKey.get(key);
    if (before && before.request !== request)
      throw new Problem(422, 'key-used', 'this Idempotency-Key was used for another request: take a new one');
    if (before) return await before.id;
    const id = start();
    this.byKey.set(key, { request, id });
    // What did not begin may be tried again under its key.
    id.catch(() => this.byKey.delete(key));
    if (this.byKey.size > KEPT) this.byKey.delete(this.byKey.keys().next().value ?? '');
    return await id;
  }
}
