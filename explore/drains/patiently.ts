import { setTimeout as sleep } from 'node:timers/promises';

const AGAIN_AFTER_MS = 250;

/** Connections to the database are cut now and then, of whoever has one. @throws {Error} what the last try failed with */
export async function patiently<T>(doing: () => Promise<T>, tries = 20): Promise<T> {
  for (let left = tries; ; left -= 1) {
    try {
      return await doing();
    } catch (error) {
      if (left <= 1) throw error;
      await sleep(AGAIN_AFTER_MS);
    }
  }
}
