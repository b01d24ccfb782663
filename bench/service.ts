/**
 * The service under load: a real `switchover serve` with simulated guests. How late its decisions are, alone and beside
 * hundreds of migrations; how late a page learns of what happened; what it takes while it does nothing; how large the page is.
 * From QEMU's event to the service it is `latency`'s to measure.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';
import { environment } from './policies/environment.ts';
import { ROOT } from './policies/store.ts';
import { journalsOf } from './service/journals-of.ts';
import { decisionsLateMs, isNews, shownLateMs, toldLateMs } from './service/lateness.ts';
import { manyPast } from './service/many-past.ts';
import { openPages } from './service/pages.ts';
import { Served } from './service/served.ts';
import { type Load, underLoad } from './service/under-load.ts';

interface Size {
  /** Beside one. */
  readonly migrations: number;
  readonly pages: number;
  /** That pages look at. */
  readonly shown: number;
  readonly seconds: number;
  readonly idleSeconds: number;
  /** Migrations that are over. */
  readonly past: number;
}

const FULL: Size = { migrations: 300, pages: 50, shown: 20, seconds: 90, idleSeconds: 30, past: 100_000 };
const QUICK: Size = { migrations: 40, pages: 8, shown: 8, seconds: 25, idleSeconds: 5, past: 10_000 };

/**
 * How much later decisions may be beside hundreds of others. A limit that is set so much later lets the guest stop so much
 * later, in a pass of seconds; its pause gets no longer. A machine with both cores busy takes as much by itself (`latency --busy`).
 */
const LATER_MS = 10;
const TOLD_WITHIN_MS = 100;
const IDLE_MB = 150;
const PAGE_KB = 70;
const FIRST_PAGE_WITHIN_MS = 200;

interface Options {
  readonly quick: boolean;
  readonly write: boolean;
}

export async function run({ quick, write }: Options): Promise<BenchResult> {
  const size = quick ? QUICK : FULL;
  const page = await builtPage();
  const idle = await idleMemory(size.idleSeconds);
  say(`pages of ${size.past} migrations that are over`);
  const past = await manyPast(size.past);
  const alone = await decisions(1, size.seconds);
  const among = await decisions(size.migrations, size.seconds);
  const told = await pages(size);
  const laterMs = among.lateMs.p99 - alone.lateMs.p99;
  const result: BenchResult = {
    bench: 'service',
    figures: {
      environment: environment(`./dev bench service${quick ? ' --quick' : ''}`),
      ...{ size, pageGzippedBytes: page, idleResidentBytes: idle },
      decisionsLateMs: { alone, among },
      pages: told,
      pastPageMs: past,
    },
    goals: [
      atMost(
        `decisions beside ${size.migrations} migrations, p99: later than alone`,
        laterMs,
        'ms',
        LATER_MS,
      ),
      atLeast('migrations beside each other, mean', among.running.mean, '', size.migrations),
      atMost('a page is told what happened, p99', told.listLateMs.p99, 'ms', TOLD_WITHIN_MS),
      atMost('a page that looks at one is told, p99', told.detailLateMs.p99, 'ms', TOLD_WITHIN_MS),
      atLeast('migrations that the pages show, mean', told.running.mean, '', size.shown),
      atMost(
        'memory of a service that does nothing, its PostgreSQL besides',
        idle.serve / 1e6,
        'MB',
        IDLE_MB,
      ),
      atMost(
        `the first page of ${size.past} migrations that are over, p99`,
        past.first.p99,
        'ms',
        FIRST_PAGE_WITHIN_MS,
      ),
      atMost('scripts and styles of the page, gzipped', page / 1e3, 'KB', PAGE_KB),
    ],
  };
  if (write)
    writeFileSync(
      path.join(ROOT, 'bench', 'results', 'service.json'),
      `${JSON.stringify(result, null, 2)}\n`,
    );
  return result;
}

/** Built anew: a page of another version would be measured else. @returns its scripts and styles, gzipped */
async function builtPage(): Promise<number> {
  say('building the page');
  await build({ configFile: path.join(ROOT, 'web', 'vite.config.ts'), logLevel: 'error' });
  const folder = path.join(ROOT, 'web', 'dist');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(js|css)$/.test(file))
    .map((file) => gzipSync(readFileSync(path.join(folder, file))).length)
    .reduce((sum, size) => sum + size, 0);
}

/** With a database of its own, once everything that it loads late is there. */
async function idleMemory(seconds: number) {
  say(`memory of a service that does nothing, ${seconds} s`);
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'switchover-bench-'));
  try {
    await using served = await Served.start('--no-watch', '--database', 'embedded', '--state-dir', stateDir);
    await served.isReady();
    for (const place of ['/', '/metrics', '/openapi.json', '/v1/migrations', '/v1/hosts'])
      await (await fetch(`${served.at}${place}`)).text();
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    return { serve: served.residentBytes(), postgres: served.storeBytes() };
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function decisions(migrations: number, seconds: number) {
  say(`decisions beside ${migrations} migrations, ${seconds} s`);
  return await underLoad(
    migrations,
    seconds,
    async () => async () => {},
    async (load) => {
      const journals = await journalsOf(load.served);
      return { ...figuresOf(load), lateMs: spread([...journals.values()].flatMap(decisionsLateMs)) };
    },
  );
}

async function pages({ pages: count, shown, seconds }: Size) {
  say(`${count} open pages, ${shown} migrations, ${seconds} s`);
  let seen: Awaited<ReturnType<Awaited<ReturnType<typeof openPages>>>> | undefined;
  return await underLoad(
    shown,
    seconds,
    async (served) => {
      const close = await openPages(served, count);
      return async () => {
        seen = await close();
      };
    },
    async (load) => {
      const saw = seen;
      if (!saw) throw new Error('no page was open');
      const journals = [...(await journalsOf(load.served))];
      const lateOf = (reader: (typeof saw.lists)[number], which: Parameters<typeof toldLateMs>[2]) =>
        journals.flatMap(([id, entries]) => toldLateMs(entries, reader.get(id) ?? [], which));
      const isSample = ({ type, atMs }: { type: string; atMs: number }) => type === 'tick' && atMs > 0;
      return {
        ...figuresOf(load),
        listLateMs: spread(saw.lists.flatMap((reader) => lateOf(reader, isNews))),
        samplesOfListLateMs: spread(saw.lists.flatMap((reader) => lateOf(reader, isSample))),
        detailLateMs: spread(lateOf(saw.details, (entry) => isNews(entry) || isSample(entry))),
        chromiumShowsPassLateMs: spread(
          journals.flatMap(([id, entries]) => shownLateMs(entries, saw.shown.get(id) ?? [])),
        ),
      };
    },
  );
}

function figuresOf({ running, cpuShare, memoryBytes }: Load) {
  const mean = running.reduce((sum, each) => sum + each, 0) / running.length;
  return { running: { mean, least: Math.min(...running) }, cpuShare, memoryBytes };
}

function say(what: string): void {
  process.stderr.write(`bench: ${what}\n`);
}
