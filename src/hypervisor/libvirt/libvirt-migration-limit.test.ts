/** The manager that began a migration goes on to set its downtime limit, and that is seen. */
import { describe, expect, test } from 'vitest';
import { scripted } from './testing/scripted-libvirt.ts';
import { fails } from './testing/under-way.ts';

/** A migration of somebody else's, whose limit its domain keeps. */
async function steered() {
  const script = scripted({ attached: true, noticesLimit: true });
  const limit = { ms: 300 };
  script.source.answers.set('migrate-getmaxdowntime', () => String(limit.ms));
  script.source.answers.set('migrate-setmaxdowntime', () => {
    limit.ms = Number(script.source.commands.at(-1)?.split(' ').at(-1));
    return '';
  });
  await script.copies({ sentMB: 30, remainingMB: 470 });
  const accept = async (pauseMs: number) =>
    await script.done(
      script.migration.setDowntimeLimit({ pauseMs, fixedCostMs: 0, lineRateBytesPerSecond: undefined }),
    );
  return { script, limit, accept, told: () => script.told('limit-set').map(({ limitMs }) => limitMs) };
}

describe('a limit that somebody else sets', () => {
  test('is told once each time, and ours is not', async () => {
    const { script, limit, accept, told } = await steered();
    expect(told()).toEqual([]);
    limit.ms = 95;
    await script.clock.pass(2000);
    await accept(2000);
    await script.clock.pass(2000);
    expect(told()).toEqual([95]);
    limit.ms = 140;
    await script.clock.pass(2000);
    expect(told()).toEqual([95, 140]);
  });

  test('is what is put back in the end', async () => {
    const { script, limit, accept } = await steered();
    limit.ms = 95;
    await script.clock.pass(1000);
    await accept(2000);
    fails(script);
    await script.end();
    await script.done(script.migration.putBack());
    expect(limit.ms).toBe(95);
  });

  test('is left alone in the end where he set it last', async () => {
    const { script, limit, accept } = await steered();
    await accept(2000);
    limit.ms = 95;
    await script.clock.pass(1000);
    fails(script);
    await script.end();
    expect(await script.done(script.migration.putBack())).toEqual([{ side: 'source', problem: undefined }]);
    expect(limit.ms).toBe(95);
  });

  test('is not told where nobody wants to know, nor while it cannot be asked', async () => {
    const script = scripted({ attached: true });
    await script.copies({ sentMB: 30, remainingMB: 470 }, 2000);
    expect(script.source.commands).toEqual([]);
    const other = await steered();
    other.script.source.answers.set('migrate-getmaxdowntime', () => new Error('no such thing'));
    await other.script.clock.pass(2000);
    expect(other.told()).toEqual([]);
  });
});
