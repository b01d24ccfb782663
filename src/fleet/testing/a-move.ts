/** A move that was admitted, for tests of what follows. */
import type { Move } from '../move.ts';

export const MOVE: Move = {
  ...{ id: 'm', drain: 'd', vm: 'v', name: 'v', source: 'a', destination: 'b', cluster: 'default' },
  ...{
    link: 'l',
    memoryBytes: 2 ** 30,
    memoryGib: 1,
    calmAmong: null,
    isForeign: false,
    state: 'admitted',
    intent: 'go',
    tries: 1,
  },
  ...{ failedAt: null, code: null, words: null, remedy: null, refused: {}, apart: [] },
  ...{ way: 'move', decidedBy: null, stated: {}, admittedForMs: null },
  ...{ notice: null, noticeUntilMs: null, noticeWords: null },
};
