import { expect, test } from 'vitest';
import { HostVirsh } from './host-virsh.ts';
import type { Shell } from './virsh-shell.ts';

/** Shells that answer `hang` never, and everything else with their number. */
function shells() {
  const closed: number[] = [];
  let count = 0;
  const open = (): Shell => {
    count += 1;
    const number = count;
    return {
      run: async ([word]) => (word === 'hang' ? await new Promise<string>(() => {}) : `${word} by ${number}`),
      close: () => void closed.push(number),
    };
  };
  return { virsh: new HostVirsh(open), closed, count: () => count };
}

test('one is enough while its looks are answered', async () => {
  const { virsh, count } = shells();
  expect(await virsh.ask(['look'])).toBe('look by 1');
  expect(await virsh.act(['do'])).toBe('do by 1');
  expect(count()).toBe(1);
});

test('a look that hangs holds up no command', async () => {
  const { virsh } = shells();
  void virsh.ask(['hang']);
  expect(await virsh.act(['do'])).toBe('do by 2');
  expect(await virsh.act(['again'])).toBe('again by 2');
});

test('closing ends both, for good', async () => {
  const { virsh, closed, count } = shells();
  void virsh.ask(['hang']);
  await virsh.act(['do']);
  virsh.close();
  expect(closed).toEqual([1, 2]);
  await expect(virsh.ask(['look'])).rejects.toThrow('virsh was ended');
  await expect(virsh.act(['do'])).rejects.toThrow('virsh was ended');
  expect(count()).toBe(2);
});
