import { afterEach, expect, test, vi } from 'vitest';
import { ACCELERATOR_VARIABLE } from '../accelerator.ts';
import type { Bed } from '../bed.ts';
import { GuestAnswerError } from '../guest/answers.ts';
import { faultOfPair, onSoundBed } from './sound-bed.ts';

afterEach(() => void vi.unstubAllEnvs());

const BED = { [Symbol.asyncDispose]: async () => {} };
const SOUND = async () => undefined;

test('a guest that the machine broke as its bed was made costs another bed; what a body finds stands', async () => {
  vi.stubEnv(ACCELERATOR_VARIABLE, 'kvm');
  const broken = new GuestAnswerError('no answer to STATUS: its QEMU closed the line');
  const said: string[] = [];
  let made = 0;
  const make = async () => {
    made += 1;
    if (made === 1) throw broken;
    return BED;
  };
  expect(
    await onSoundBed(
      make,
      async () => 'moved',
      SOUND,
      (why) => void said.push(why),
    ),
  ).toBe('moved');
  expect(said).toEqual([expect.stringMatching(/^the emulated machine failed: no answer to STATUS/)]);

  const finds = async () => {
    throw broken;
  };
  await expect(onSoundBed(make, finds, SOUND)).rejects.toBe(broken);
});

test('a guest that was reset, which ends its QEMU with status 0, is no fault of what was tried on it', async () => {
  vi.stubEnv(ACCELERATOR_VARIABLE, 'kvm');
  const ended = (status: number | null) => ({
    name: 'vm1',
    alive: () => false,
    exited: Promise.resolve(status),
  });
  const faultOf = async (source: number | null, destination: number | null) =>
    await faultOfPair({ pair: { source: ended(source), destination: ended(destination) } } as unknown as Bed);
  expect(await faultOf(0, 1)).toMatchObject({ message: expect.stringContaining('vm1 was reset') });
  // Killed by a signal, and by a failed migration.
  expect(await faultOf(null, 1)).toBeUndefined();
});
