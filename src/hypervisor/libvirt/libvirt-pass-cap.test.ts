/** The cap of the passes of a migration between libvirt hosts, which its domain keeps. */
import { describe, expect, test } from 'vitest';
import type { FormerSettings } from '../hypervisor.ts';
import type { Script } from './testing/scripted-libvirt.ts';
import { fails, underWay } from './testing/under-way.ts';

const MIB = 2 ** 20;
const UNLIMITED = 2 ** 43 - 1;

/** libvirt keeps that speed, as `migrate-setspeed` left it last. */
async function capped(given: Script = {}) {
  const written: FormerSettings[] = [];
  const remember = async (former: FormerSettings) => void written.push(former);
  const script = await underWay({ remember, ...given });
  const speed = { mebibytes: UNLIMITED };
  script.source.answers.set('migrate-getspeed', () => `${speed.mebibytes}\n`);
  script.source.answers.set('migrate-setspeed', () => {
    speed.mebibytes = Number(script.source.commands.at(-1)?.split(' ').at(-1));
    return '';
  });
  const set = async (bytesPerSecond: number | undefined) =>
    await script.done(script.migration.setPassCap(bytesPerSecond));
  const putBack = async () => await script.done(script.migration.putBack());
  return { ...script, speed, written, set, putBack };
}

describe('the cap of the passes', () => {
  test('is written down before it is changed, once, and put back in the end', async () => {
    const bed = await capped();
    expect(await bed.set(100 * MIB + 7)).toMatchObject({ did: 'migrate-setspeed 100' });
    expect(bed.written).toEqual([
      { side: 'source', parameters: { speedMebibytes: UNLIMITED }, capabilities: {} },
    ]);
    await bed.set(10 * MIB);
    expect(bed.written).toHaveLength(1);
    expect(bed.speed.mebibytes).toBe(10);
    expect(bed.migration.passCapBytesPerSecond).toBe(10 * MIB);
    fails(bed);
    await bed.end();
    expect(await bed.putBack()).toEqual([{ side: 'source', problem: undefined }]);
    expect(bed.speed.mebibytes).toBe(UNLIMITED);
  });

  test('is lifted', async () => {
    const bed = await capped({ passCapBytesPerSecond: 10 * MIB });
    await bed.set(undefined);
    expect(bed.speed.mebibytes).toBe(UNLIMITED);
    expect(bed.migration.passCapBytesPerSecond).toBeUndefined();
  });

  test('that a controller before us changed is put back to what that one had found', async () => {
    const bed = await capped({ previousSpeedMebibytes: 500 });
    bed.speed.mebibytes = 20;
    await bed.set(30 * MIB);
    expect(bed.written).toEqual([]);
    fails(bed);
    await bed.end();
    await bed.putBack();
    expect(bed.speed.mebibytes).toBe(500);
  });

  test('is not touched where it cannot be told what it was', async () => {
    const bed = await capped();
    bed.source.answers.set('migrate-getspeed', () => 'no');
    await expect(bed.set(10 * MIB)).rejects.toThrow(/migrate-getspeed told "no"/);
    expect(bed.speed.mebibytes).toBe(UNLIMITED);
    expect(bed.written).toEqual([]);
  });

  test('that could not be put back is told, with what to type', async () => {
    const bed = await capped();
    await bed.set(10 * MIB);
    bed.source.answers.set('migrate-setspeed', () => new Error('no'));
    fails(bed);
    await bed.end();
    expect(await bed.putBack()).toEqual([
      {
        side: 'source',
        problem: expect.stringMatching(
          /speed of vm1 could not be put back to 8796093022207 MiB\/s \(no\): `virsh .*migrate-setspeed .* 8796093022207` does it/,
        ),
      },
    ]);
  });

  test('that waits for the journal while all is put back is not set any more', async () => {
    const journal = Promise.withResolvers<void>();
    const bed = await capped({ remember: () => journal.promise });
    const refused = bed.set(10 * MIB).catch((error: unknown) => error);
    fails(bed);
    await bed.end();
    await bed.putBack();
    journal.resolve();
    expect(await refused).toEqual(new Error('the speed is put back already, so it is not set any more'));
    expect(bed.speed.mebibytes).toBe(UNLIMITED);
  });
});
