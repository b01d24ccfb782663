/**
 * A drain of the demonstration that goes on and on: the engine, the database and the rules are those of real drains, the hosts and
 * their VMs are simulated. Somebody who looks may do to it what can be done to any; some minutes after it is over, or blocked, all VMs
 * are back where they were, and the next one begins.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DrainRunner } from '../../fleet/drain-runner.ts';
import type { StoreChoice } from '../../postgres/open-store.ts';
import type { DrainState } from '../drains/drain-document.ts';
import { type OpenedDrains, openDrains, type ServiceAround } from '../drains/open-drains.ts';
import { Problem } from '../problem.ts';
import { rememberingJournals } from '../remembered-journals.ts';
import { DEMO_CONFIG, DEMO_HOSTS, DemoHosts, DRAINED } from './demo-hosts.ts';
import { DemoLooker } from './demo-looker.ts';
import { DemoMover } from './demo-mover.ts';
import { demoPlan } from './demo-plan.ts';

export interface DemoDrainsOf {
  /** A store of its own, that goes with the demonstration. */
  readonly choice: StoreChoice;
  readonly stateDir: string;
  say(sentence: string): void;
}

const LOOK_EVERY_MS = 1000;
/** Time to read how it ended, and to release it by hand. */
const EMPTY_FOR_MS = 90_000;
/** Time to see what is held, and to allow it. */
const BLOCKED_FOR_MS = 180_000;
const REST_MS = 10_000;
const WITHIN_MS = 6 * 60e3;

export async function demoDrains(of: DemoDrainsOf): Promise<(around: ServiceAround) => OpenedDrains> {
  const hosts = await DemoHosts.make();
  return (around) => opened(of, hosts, around);
}

function opened(of: DemoDrainsOf, hosts: DemoHosts, around: ServiceAround): OpenedDrains {
  const journals = rememberingJournals(around.store);
  const { choice, stateDir, say } = of;
  const drains = openDrains(
    {
      ...{ choice, stateDir, hosts, known: DEMO_HOSTS, config: () => DEMO_CONFIG },
      plan: demoPlan(hosts, journals),
    },
    around,
  );
  const ending = new AbortController();
  const run = async () => {
    await using runner = await drains.drains.asked(
      async (database) =>
        await DrainRunner.start({
          ...{ database, hosts, warn: say, config: () => DEMO_CONFIG },
          calmLooker: new DemoLooker(hosts, journals),
          moverOf: (book) =>
            new DemoMover({
              ...{ hosts, store: journals, migrations: around.migrations },
              settingsOf: async (drain) => await book.settingsEvenOf(drain),
            }),
        }),
    );
    void runner;
    while (!ending.signal.aborted) await drainOnce(drains, hosts, ending.signal);
  };
  const running = run().catch((error: unknown) => {
    if (!ending.signal.aborted)
      say(`the demonstration shows no drain: ${error instanceof Error ? error.message : error}`);
  });
  return {
    ...drains,
    hosts: () =>
      hosts.shown((uuid) => {
        const going = around.live
          .all()
          .find(({ view, writer }) => writer !== undefined && view.vmUuid === uuid);
        return going?.view.id ?? null;
      }),
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
      await drains[Symbol.asyncDispose]();
    },
  };
}

async function drainOnce({ drains }: OpenedDrains, hosts: DemoHosts, ending: AbortSignal): Promise<void> {
  // Somebody may have begun one by hand.
  if ((await drains.list('running', 10)).length === 0) hosts.bringBack();
  const to = DEMO_HOSTS.filter((host) => host !== DRAINED).map((host) => ({ host }));
  const wish = { host: DRAINED, to, atATime: 2, withinMs: WITHIN_MS, reason: 'kernel update of host-a' };
  const { id } = await drains.begin(wish, 'demo');
  const ended = await until(drains, id, ['empty', 'blocked', 'ended'], ending);
  const isOver = ['ended'] as const;
  if (ended === 'empty') await until(drains, id, isOver, ending, EMPTY_FOR_MS);
  if (ended === 'blocked') {
    const next = await until(drains, id, ['empty', 'ended'], ending, BLOCKED_FOR_MS);
    if (next === 'empty') await until(drains, id, isOver, ending, EMPTY_FOR_MS);
  }
  if (ending.aborted) return;
  await drains.act(id, 'release').catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
  });
  await until(drains, id, isOver, ending);
  await sleep(REST_MS, undefined, { signal: ending }).catch(() => {});
}

/** @returns its state then; undefined: it did not come to that in time */
async function until(
  drains: OpenedDrains['drains'],
  id: string,
  states: readonly DrainState[],
  ending: AbortSignal,
  withinMs = Number.POSITIVE_INFINITY,
): Promise<DrainState | undefined> {
  const untilMs = performance.now() + withinMs;
  while (!ending.aborted && performance.now() < untilMs) {
    const { state } = await drains.get(id);
    if (states.includes(state)) return state;
    await sleep(LOOK_EVERY_MS, undefined, { signal: ending }).catch(() => {});
  }
  return undefined;
}
