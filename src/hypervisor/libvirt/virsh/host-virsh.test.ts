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

test('closing ends both, and the next command opens another', async () => {
  const { virsh, closed } = shells();
  void virsh.ask(['hang']);
  await virsh.act(['do']);
  virsh.close();
  expect(closed).toEqual([1, 2]);
  virsh.close();
  expect(closed).toEqual([1, 2]);
});
