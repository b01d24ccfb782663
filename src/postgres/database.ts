/**
 * A database, by a pool of connections. Each connection has a handler of its own for errors: without one the end of an
 * idle connection would end the process. What fails is one sentence, without the password.
 */
import { Socket } from 'node:net';
import { type ClientConfig, Pool, type PoolClient } from 'pg';
import { addressOf, placeOf, wordsOf } from './database-words.ts';
import type { EmbeddedServer } from './embedded-server.ts';
import { StoreError } from './store-error.ts';

/** Asks the database, by whatever connection. */
export interface Queryable {
  /** @throws {StoreError} */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** That, and more than one statement at once. */
export interface Transactional extends Queryable {
  /** All that is done with it, or nothing. @throws {StoreError} or what `doing` throws */
  transaction<T>(doing: (within: Queryable) => Promise<T>): Promise<T>;
}

const CONNECT_WITHIN_MS = 5000;
/** Of one query: a database that does not answer must not be waited for. */
const ANSWER_WITHIN_MS = 30_000;
/** After that its connection is given up. */
const ROLLBACK_WITHIN_MS = 1000;
const MOST_CONNECTIONS = 10;
/** Then its connections are cut. */
const CLOSE_WITHIN_MS = 2000;

export class Database implements Transactional, AsyncDisposable {
  /** For sentences: where it is, without the password. */
  readonly place: string;
  /** For a connection beside the pool's. */
  readonly config: ClientConfig;
  private readonly pool: Pool;
  private readonly sockets = new Set<Socket>();
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
      stream: () => this.newSocket(),
    });
    // For as long as it lives: one that was given up may be told of its end later, when nobody else listens any more.
    this.pool.on('connect', (client) => client.on('error', ignore));
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
    return await this.ask(ANSWER_WITHIN_MS, text, values);
  }

  /** The same database, by whoever waits for no answer longer than that. */
  answeringWithin(withinMs: number): Transactional {
    return {
      query: async (text, values = []) => await this.ask(withinMs, text, values),
      transaction: async (doing) => await this.transaction(doing, { withinMs }),
    };
  }

  private async ask<Row extends object>(
    withinMs: number,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    try {
      // The types know no `query_timeout` of one query: node-postgres has had it since 8.0.
      const query = { text, values: [...values], query_timeout: withinMs };
      return (await this.pool.query<Row>(query)).rows;
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  /**
   * All that is done with it, or nothing.
   * @param mode more words for `begin`, and statements behind it
   * @param withinMs how long the answer to each query is waited for; left out: as long as it takes
   * @throws {StoreError} or what `doing` throws
   */
  async transaction<T>(
    doing: (within: Queryable) => Promise<T>,
    { mode = '', withinMs }: { readonly mode?: string; readonly withinMs?: number } = {},
  ): Promise<T> {
    const client = await this.pool.connect().catch((cause: unknown) => {
      throw this.failed(cause);
    });
    let broken: Error | undefined;
    try {
      const within = this.through(client, withinMs);
      await within.query(`begin ${mode}`);
      const result = await doing(within);
      await within.query('commit');
      return result;
    } catch (error) {
      const rollback = { text: 'rollback', query_timeout: ROLLBACK_WITHIN_MS };
      await client.query(rollback).catch((cause: Error) => {
        broken = cause;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Also where the database does not answer any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, CLOSE_WITHIN_MS);
    await this.pool.end();
    clearTimeout(timer);
  }

  private newSocket(): Socket {
    const socket = new Socket();
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  }

  private through(client: PoolClient, withinMs: number | undefined): Queryable {
    return {
      query: async <Row extends object>(text: string, values: readonly unknown[] = []) => {
        try {
          const query = { text, values: [...values], query_timeout: withinMs };
          return (await client.query<Row>(query)).rows;
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
