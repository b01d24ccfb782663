/** What the page knows, as signals: who looks, the link to the service, every migration, and the time. */
import { batch, computed, signal } from '@preact/signals';
import type { MigrationSummary, Session } from './api-types.ts';
import { ApiError, getMigration, getRunning, getSession, keepToken, openStream } from './client.ts';
import { counts, type Fleet, missingFrom, withoutOld, withSummary } from './model/fleet.ts';
import { hrefOf, type Route, routeOf } from './model/route.ts';
import { LastingStream, type Link, sleep } from './stream/lasting-stream.ts';

export const session = signal<Session | undefined>(undefined);
/** The service wants a token, and has none or a wrong one. Its sentence. */
export const tokenWanted = signal<string | undefined>(undefined);
export const link = signal<Link>({ state: 'connecting' });
export const fleet = signal<Fleet>(new Map());
/** True once the first answer came: an empty list before that says nothing. */
export const known = signal(false);
export const route = signal<Route>(routeOf(location.hash));
/** The service's time. It stands still while the connection is lost, as all figures do. */
export const nowMs = signal(Date.now());

export const fleetCounts = computed(() => counts(fleet.value));
export const mayOperate = computed(() => session.value !== undefined && session.value.role !== 'view');

let serverAheadMs = 0;
let events: LastingStream | undefined;

/** Answers and events overtake each other: the newer one stays. */
export function takeSummary(summary: MigrationSummary): void {
  fleet.value = withSummary(fleet.value, summary);
}

export function go(to: Exclude<Route, { screen: 'unknown' }>): void {
  location.hash = hrefOf(to);
}

export function tryNow(): void {
  events?.tryNow();
}

/** Whoever may only look may have a token by which he may do more. */
export function offerToken(): void {
  tokenWanted.value =
    'With a token of the role operate you may start, cancel and change migrations. Who runs the service makes one: switchover token add NAME --role operate';
}

export async function giveToken(token: string): Promise<void> {
  keepToken(token);
  await begin();
}

export async function begin(): Promise<void> {
  events?.close();
  events = new LastingStream({
    open: openEvents,
    take: ({ event, data }) => {
      if (event === 'migration') takeSummary(JSON.parse(data) as MigrationSummary);
    },
    linkIs: (now) => {
      link.value = now;
    },
    now: Date.now,
    sleep,
  });
  await events.run();
}

/** Asks who we are and what runs before it listens: after a break both may be others. */
async function openEvents(_id: string | undefined, signal: AbortSignal) {
  try {
    const found = await getSession();
    serverAheadMs = Date.parse(found.serverTime) - Date.now();
    const running = await getRunning();
    batch(() => {
      session.value = found;
      tokenWanted.value = undefined;
      const gone = missingFrom(fleet.value, running);
      fleet.value = running.reduce(withSummary, fleet.value);
      known.value = true;
      for (const id of gone) void refresh(id);
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    tokenWanted.value = error.message;
    return undefined;
  }
  return await openStream('v1/events', undefined, signal);
}

/** What it has become. The service may have forgotten it: then it is no more on the page either. */
async function refresh(id: string): Promise<void> {
  try {
    takeSummary(await getMigration(id));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) return;
    const without = new Map(fleet.value);
    without.delete(id);
    fleet.value = without;
  }
}

export function keepTime(): void {
  setInterval(() => {
    if (link.value.state !== 'lost') nowMs.value = Date.now() + serverAheadMs;
  }, 500);
  setInterval(() => {
    const shown = route.value.screen === 'migration' ? route.value.id : undefined;
    fleet.value = withoutOld(fleet.value, nowMs.value, shown);
  }, 60_000);
  addEventListener('hashchange', () => {
    route.value = routeOf(location.hash);
  });
  addEventListener('online', tryNow);
}
