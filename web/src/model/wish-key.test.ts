import { expect, test, vi } from 'vitest';
import { newWishKey } from './wish-key.ts';

test('it is another one each time, also where a browser has no randomUUID', () => {
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
  try {
    const keys = Array.from({ length: 100 }, () => newWishKey());
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
  } finally {
    vi.unstubAllGlobals();
  }
});
