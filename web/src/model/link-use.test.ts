import { expect, test } from 'vitest';
import { rateTo } from './link-use.ts';

const HOST = 'qemu+tcp://b/system';
const under = (id: string, rate: number | null, more: object = {}) => ({
  ...{ id, final: false, destination: `${HOST}#${id}`, transferBytesPerSecond: rate },
  ...more,
});
const vm = (migration: string | null, state: 'moving' | 'moved', to = HOST) => ({ migration, state, to });

test('whoever drives them, those that run to it now count, each once', () => {
  const here = [under('mine', 8), under('another drain', 4), under('over', 2, { final: true })];
  const elsewhere = new Map(
    // The one that was gone on with is left behind by a controller that has died.
    [under('theirs', 16), under('gone on with', 32), under('mine', 8)].map((each) => [each.id, each]),
  );
  const known = { here, of: ({ migration }: { migration: string | null }) => elsewhere.get(migration ?? '') };
  const vms = [
    ...[vm('mine', 'moving'), vm('theirs', 'moving'), vm(null, 'moving')],
    ...[vm('gone on with', 'moved'), vm('theirs', 'moving', 'qemu+tcp://c/system')],
  ];
  expect(rateTo(HOST, vms, known)).toBe(8 + 4 + 16);
  expect(rateTo('qemu+tcp://d/system', vms, known)).toBe(0);
});
