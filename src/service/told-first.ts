import type { RunStore } from '../migration/run.ts';

/** A store of journals that has somebody told of each that is opened, and waits for him: whoever opened it has begun nothing yet. */
export function toldFirst(store: RunStore, told: (id: string) => Promise<void>): RunStore {
  return {
    place: store.place,
    open: async (opening, show) => {
      const writer = await store.open(opening, show);
      try {
        await told(writer.id);
      } catch (error) {
        await writer.discard();
        throw error;
      }
      return writer;
    },
    reopen: async (...args) => await store.reopen(...args),
    read: async (...args) => await store.read(...args),
    list: async () => await store.list(),
    unfinishedOf: async (...args) => await store.unfinishedOf(...args),
    owingOf: async (...args) => await store.owingOf(...args),
  };
}
