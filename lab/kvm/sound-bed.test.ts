import { expect, test, vi } from 'vitest';
import { ACCELERATOR_VARIABLE } from '../accelerator.ts';
import { GuestAnswerError } from '../guest/answers.ts';
import { onSoundBed } from './sound-bed.ts';

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
  vi.unstubAllEnvs();
});
