/** What admissions take, told by the statements that a controller sends: the engine itself is as it is. */
import type { Database } from '../../src/postgres/database.ts';

export interface Admission {
  readonly moves: number;
  /** Of the whole transaction, its commit with it. */
  readonly tookMs: number;
}

/** @param told of each that admitted something */
export function timed(database: Database, told: (admission: Admission) => void): Database {
  const transaction = database.transaction.bind(database);
  database.transaction = async (doing, options) => {
    const startedMs = performance.now();
    let moves = 0;
    const result = await transaction(
      async (within) =>
        doing({
          query: async (text, values) => {
            const rows = await within.query<never>(text, values);
            // A row for each that was let in.
            if (text.includes("set state = 'admitted'")) moves += rows.length;
            return rows;
          },
        }),
      options,
    );
    if (moves > 0) told({ moves, tookMs: performance.now() - startedMs });
    return result;
  };
  return database;
}
