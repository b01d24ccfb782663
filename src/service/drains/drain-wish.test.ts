import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../config/parse-config.ts';
import { drainSettingsOf } from './drain-wish.ts';

const WISH = { host: 'a', to: [{ host: 'b' }] };
const CONFIG = parseConfig('[drain]\nshutdown-timeout = "90s"\norder = "listed"\nat-a-time = 3\n', 'f');

describe('how a drain is gone about', () => {
  test('is what the configuration says of it where the request says nothing', () => {
    expect(drainSettingsOf(WISH, CONFIG, ['a', 'b'])).toMatchObject({
      ...{ shutdownTimeoutMs: 90_000, order: 'listed', atATime: 3 },
    });
  });

  test('is what the request says', () => {
    const asked = { ...WISH, shutdownTimeoutMs: 1000, atATime: 7, abortRunning: true, returns: true };
    expect(drainSettingsOf(asked, CONFIG, ['a', 'b'])).toMatchObject({
      ...{ shutdownTimeoutMs: 1000, order: 'listed', atATime: 7, abortRunning: true, returns: true },
    });
  });
});
