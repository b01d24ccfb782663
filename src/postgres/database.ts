/**
 * A database, by a pool of connections. Each connection has a handler of its own for errors: without one the end of an
 * idle connection would end the process. What fails is one sentence, without the password.
 */
import { type ClientConfig, Pool, type PoolClient } from 'pg';
import { addressOf, placeOf, wordsOf } from './database-words.ts';
import type { EmbeddedServer } from './embedded-server.ts';
import { StoreError } from './store-error.ts';

/** Asks the database, by whatever connection. */
export interface Queryable {
  /** @throws {StoreError} */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

const CONNECT_WITHIN_MS = 5000;
/** Of one query outside of a transaction: a database that does not answer must not be waited for. */
const ANSWER_WITHIN_MS = 30_000;
const MOST_CONNECTIONS = 10;

export class Database implements Queryable, AsyncDisposable {
  /** For sentences: where it is, without the password. */
  readonly place: string;
  /** For a connection beside the pool's. */
  readonly config: ClientConfig;
  private readonly pool: Pool;
  /** Brings back a server that is ours. */
  private readonly revive: () => Promise<void>;

  private constructor(place: string, config: ClientConfig, revive: () => Promise<void>) {
    this.place = place;
    this.config = config;
    this.revive = revive;
    this.pool = new Pool({
      ...config,
      max: MOST_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      application_name: 'switchover',
      keepAlive: true,
    });
    this.pool.on('error', () => {
      // The pool has dropped that connection; the next query makes another, or says what is wrong.
    });
  }

  /** Connects with the first query. @param url `postgres://…` @throws {StoreError} when it is no such address */
  static at(url: string): Database {
    return new Database(placeOf(url), addressOf(url), async () => {});
  }

  /** @param database one of the server's, its own by default */
  static of(server: EmbeddedServer, database?: string): Database {
    return new Database(`the store in ${server.folder}`, server.address(database), () => server.ensure());
  }

  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      // The types know no `query_timeout` of one query: node-postgres has had it since 8.0.
      const query = { text, values: [...values], query_timeout: ANSWER_WITHIN_MS };
      return (await this.pool.query<Row>(query)).rows;
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  /**
   * All that is done with it, or nothing.
   * @param mode more words for `begin`
   * @throws {StoreError} or what `doing` throws
   */
  async transaction<T>(doing: (within: Queryable) => Promise<T>, mode = ''): Promise<T> {
    const client = await this.pool.connect().catch((cause: unknown) => {
      throw this.failed(cause);
    });
    client.on('error', ignore);
    let broken: Error | undefined;
    try {
      const within = this.through(client);
      await within.query(`begin ${mode}`);
      const result = await doing(within);
      await within.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((cause: Error) => {
        broken = cause;
      });
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.end();
  }

  private through(client: PoolClient): Queryable {
    return {
      query: async <Row extends object>(text: string, values: readonly unknown[] = []) => {
        try {
          return (await client.query<Row>(text, [...values])).rows;
        } catch (cause) {
          throw this.failed(cause);
        }
      },
    };
  }

  private failed(cause: unknown): StoreError {
    const { words, isAway, sqlState } = wordsOf(cause);
    // In the background: who asked tries again by itself, or tells.
    if (isAway) this.revive().catch(ignore);
    return new StoreError(`${this.place} ${words}`, { cause, sqlState });
  }
}

function ignore(): void {}
