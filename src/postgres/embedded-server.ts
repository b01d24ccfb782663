/**
 * A PostgreSQL of our own on this machine: `FOLDER/data`, reached by a unix socket in `FOLDER/run` that nobody else
 * reaches, and by nothing else. Processes share it: whoever comes first starts it, the others adopt it, and the last one
 * that closes it stops it. It outlives a process that was killed, and who needs it next adopts it.
 *
 *     ensure: does it answer? ──▶ yes: adopted
 *                └─▶ no: start it ─▶ ask again until it answers; started anew when it ended meanwhile
 *
 * Whether it runs is asked by a query, never by the number in `postmaster.pid`, which another process may have by now;
 * nor is that file ever removed. Right after its `kill -9` a dying part of it may still answer, or hold its memory, so one
 * failed start is no end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { asAllowed, type EmbeddedPrograms, embeddedPrograms, runProgram } from './embedded-programs.ts';
import { makePrivateFolder, socketFolderOf } from './private-folder.ts';
import { StoreError } from './store-error.ts';

const USER = 'switchover';
const DATABASE = 'switchover';
const PORT = 5432;
/** With recovery after a crash. */
const START_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 25;
/** Each time that is asked during a recovery stands in the server's log. */
const MOST_BETWEEN_MS = 400;
/** How long others that are just leaving are waited for. */
const OTHERS_WITHIN_MS = 500;

export class EmbeddedServer {
  readonly folder: string;
  private readonly data: string;
  private readonly sockets: string;
  private readonly programs: EmbeddedPrograms;
  private child: ChildProcess | undefined;
  private ensuring: Promise<void> | undefined;
  /** A connection that shows the others that we use the server, and us when it ends. */
  private held: Client | undefined;
  private closed = false;

  private constructor(folder: string, programs: EmbeddedPrograms) {
    this.folder = folder;
    this.data = path.join(folder, 'data');
    this.sockets = socketFolderOf(folder);
    this.programs = programs;
  }

  /** @param folder made where there is none @throws {StoreError} */
  static async start(folder: string): Promise<EmbeddedServer> {
    makePrivateFolder(folder);
    const real = fs.realpathSync(folder);
    const libraries = path.join(real, 'lib');
    makePrivateFolder(libraries);
    const server = new EmbeddedServer(real, await embeddedPrograms(libraries));
    await server.ensure();
    return server;
  }

  /** For node-postgres. @param database one of this server's */
  address(database: string = DATABASE): ClientConfig {
    return { host: this.sockets, port: PORT, user: USER, password: '', database, ssl: false };
  }

  /** Starts it where it does not run any more. @throws {StoreError} */
  ensure(): Promise<void> {
    this.ensuring ??= this.adoptOrStart().finally(() => {
      this.ensuring = undefined;
    });
    return this.ensuring;
  }

  /** Stops it, unless other processes use it. Close what is connected to it first. @throws {StoreError} */
  async close(): Promise<void> {
    this.closed = true;
    await this.ensuring?.catch(() => {
      // Whoever waits for it was told.
    });
    const { held } = this;
    this.held = undefined;
    await held?.end().catch(() => {});
    if (await this.isUsed()) return;
    if ((await this.ask()) !== 'ours') {
      // It was still starting.
      this.child?.kill('SIGINT');
      return;
    }
    await runProgram(this.programs, this.programs.pgCtl, ['stop', '-D', this.data, '-m', 'fast', '-w', '-s']);
  }

  private async adoptOrStart(): Promise<void> {
    makePrivateFolder(this.sockets);
    if (!fs.existsSync(this.data)) await this.initialise();
    this.checkMajor();
    const deadline = performance.now() + START_WITHIN_MS;
    for (let pauseMs = ASK_EVERY_MS; ; pauseMs = Math.min(1.5 * pauseMs, MOST_BETWEEN_MS)) {
      const answer = await this.ask();
      if (answer === 'ours') break;
      if (performance.now() > deadline || this.closed) throw this.didNotStart();
      if (answer === 'nobody' && this.child === undefined) this.spawn();
      await sleep(pauseMs);
    }
    await this.makeDatabase();
    await this.hold();
  }

  /** The server's end is seen by it at once, and starts it anew. */
  private async hold(): Promise<void> {
    if (this.held !== undefined || this.closed) return;
    const client = new Client({ ...this.address('postgres'), connectionTimeoutMillis: 5000 });
    // What cannot be held is asked for again with the next query that fails.
    client.on('error', () => {});
    await client.connect().catch(() => {});
    this.held = client;
    client.on('end', () => {
      if (this.held !== client) return;
      this.held = undefined;
      if (!this.closed) this.ensure().catch(() => {});
    });
  }

  /** Beside its place first, so that what is there is whole. */
  private async initialise(): Promise<void> {
    const next = fs.mkdtempSync(`${this.data}.new-`);
    try {
      // The machine may lack any locale but C.
      const args = ['-U', USER, '-A', 'trust', '--locale=C', '-E', 'UTF8', '-D', next];
      await runProgram(this.programs, this.programs.initdb, args);
      fs.renameSync(next, this.data);
    } catch (error) {
      fs.rmSync(next, { recursive: true, force: true });
      // Another process was quicker.
      if (!fs.existsSync(this.data)) throw error;
    }
  }

  /** @throws {StoreError} */
  private checkMajor(): void {
    const major = readIfThere(path.join(this.data, 'PG_VERSION')).trim();
    if (major === this.programs.major) return;
    const found = major === '' ? 'no PostgreSQL' : `PostgreSQL ${major}`;
    throw new StoreError(
      `${this.data} holds data of ${found}, and this switchover brings PostgreSQL ${this.programs.major}: write them with \`switchover store export\` of the switchover that made them, and import them into another --data-dir`,
    );
  }

  private spawn(): void {
    const settings = {
      listen_addresses: '',
      unix_socket_directories: this.sockets,
      unix_socket_permissions: '0700',
      log_checkpoints: 'off',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command, words] = asAllowed(this.programs.postgres, ['-D', this.data, '-p', `${PORT}`, ...args]);
    const log = fs.openSync(this.logFile, 'a', 0o600);
    // Of a session of its own: Ctrl-C at our terminal is not meant for it.
    const child = spawn(command, words, {
      ...{ cwd: '/', env: this.programs.env, detached: true },
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    const gone = () => {
      if (this.child === child) this.child = undefined;
    };
    child.on('error', gone).on('exit', gone).unref();
    this.child = child;
  }

  private async makeDatabase(): Promise<void> {
    await this.withClient(async (client) => {
      const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
      if (rowCount === 0)
        await client.query(`create database ${DATABASE}`).catch((cause: { code?: string }) => {
          // Another process was quicker: a duplicate database, or its row.
          if (cause.code !== '42P04' && cause.code !== '23505') throw cause;
        });
    });
  }

  /** @throws {StoreError} where another server answers */
  private async ask(): Promise<'ours' | 'starting' | 'nobody'> {
    let folder: string;
    try {
      folder = await this.withClient(
        async (client) =>
          (await client.query<{ folder: string }>("select current_setting('data_directory') as folder"))
            .rows[0]?.folder ?? '',
      );
    } catch (error) {
      return (error as { code?: string }).code === '57P03' ? 'starting' : 'nobody';
    }
    if (folder === this.data) return 'ours';
    throw new StoreError(`another PostgreSQL, of ${folder}, answers in ${this.sockets}: stop it`);
  }

  private async isUsed(): Promise<boolean> {
    const deadline = performance.now() + OTHERS_WITHIN_MS;
    for (;;) {
      const others = await this.withClient(async (client) => {
        const { rowCount } = await client.query(
          "select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
        );
        return rowCount ?? 0;
      }).catch(() => 0);
      if (others === 0) return false;
      if (performance.now() > deadline) return true;
      await sleep(ASK_EVERY_MS);
    }
  }

  private async withClient<T>(doing: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      ...this.address('postgres'),
      connectionTimeoutMillis: 5000,
      query_timeout: 5000,
    });
    // Without it the server's end would be ours.
    client.on('error', () => {});
    try {
      await client.connect();
      return await doing(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  private get logFile(): string {
    return path.join(this.folder, 'server.log');
  }

  private didNotStart(): StoreError {
    const last = readIfThere(this.logFile).trim().split('\n').at(-1) ?? '';
    return new StoreError(
      `the PostgreSQL in ${this.folder} does not start (${last || 'it said nothing'}): ${this.logFile} says more`,
    );
  }
}

function readIfThere(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
