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

  test('waits for a calmer moment where that is said, with a bound', () => {
    const of = (more: object, config = CONFIG) => drainSettingsOf({ ...WISH, ...more }, config, ['a', 'b']);
    const hour = { calmWithinMs: 3_600_000 };
    expect(of({ startWhen: 'calm', ...hour })).toMatchObject({ startWhen: 'calm', ...hour });
    expect(of({ startWhen: 'calm', withinMs: 1000 })).not.toHaveProperty('calmWithinMs');
    expect(() => of({ startWhen: 'calm' })).toThrow(/needs a bound/);
    expect(() => of(hour)).toThrow(/none is waited for/);
    const configured = parseConfig('[drain]\nstart-when = "calm"\ncalm-within = "1h"\n', 'f');
    expect(of({}, configured)).toMatchObject({ startWhen: 'calm', ...hour });
    expect(of({ startWhen: 'now' }, configured)).toMatchObject({ startWhen: 'now' });
  });

  test('is what the request says', () => {
    const asked = { ...WISH, shutdownTimeoutMs: 1000, atATime: 7, abortRunning: true, returns: true };
    expect(drainSettingsOf(asked, CONFIG, ['a', 'b'])).toMatchObject({
      ...{ shutdownTimeoutMs: 1000, order: 'listed', atATime: 7, abortRunning: true, returns: true },
    });
  });
});
