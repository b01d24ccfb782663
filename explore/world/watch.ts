/** One `switchover watch` process over both hosts. Each migration that it takes over is one that it drives, to the checks. */
import type { Config } from '../../src/config/config.ts';
import type { Clock } from '../../src/hypervisor/clock.ts';
import { KillableController } from '../../src/hypervisor/testing/killable-controller.ts';
import { JournalError } from '../../src/journal/journal-error.ts';
import type { JournalWriter, NewOpening, Show } from '../../src/journal/journal-store.ts';
import type { Outcome } from '../../src/migration/outcome.ts';
import { Watcher } from '../../src/watch/watcher.ts';
import type { Schedule } from '../schedule.ts';
import type { Driving, Ending, Machine } from './controller.ts';
import type { Disk } from './disk.ts';
import { DiskJournals } from './disk-journals.ts';

export interface WatchParts extends Machine {
  readonly schedule: Pick<Schedule, 'policy' | 'maxDowntimeMs' | 'overBudget' | 'brake'>;
  /** Has come to drive a migration. */
  takes(taken: TakenOver): void;
  says(sentence: string): void;
}

export class Watch {
  readonly name = 'watch';
  readonly process: KillableController;
  private readonly watcher: Watcher;
  private ended = false;
  private leaves = false;

  /** @throws {Error} in a world without hosts to follow */
  constructor({ clock, world, other, disk, leases, schedule, says, ...heard }: WatchParts) {
    const process = new KillableController({ clock, open: other.open });
    this.process = process;
    const hosts = world.watched?.(process);
    if (!hosts) throw new Error('there is no host that a watch could follow');
    const { uris, access, hub } = hosts;
    const takeLease = leases.takenBy(process);
    const begins = (): TakenOver => {
      const taken = new TakenOver(process, heard.told);
      heard.takes(taken);
      return taken;
    };
    this.watcher = new Watcher({
      uris,
      config: configOf(uris, schedule),
      store: new HeardJournals(disk, process.clock, begins),
      log: { say: (sentence) => says(`watch: ${sentence}`), entry: () => {} },
      world: {
        ...{ access, hub },
        // The same words in each run, whoever runs it.
        takeLease: async (vm, facts) => await takeLease(vm, { ...facts, user: 'root', command: 'watch' }),
        probe: async () => await probe(disk, process.clock),
      },
    });
  }

  get isActive(): boolean {
    return this.process.isAlive && !this.ended;
  }

  /** Told to end, it follows nothing new while it waits for what it has begun to ask. */
  get isOnDuty(): boolean {
    return this.isActive && !this.leaves;
  }

  /** SIGTERM */
  detach(): void {
    this.leaves = true;
    void this.watcher.close('detached, as watch ended on SIGTERM').then(() => {
      this.ended = true;
    });
  }
}

/** A migration that a watch drives, as it can be seen from its journal. */
export class TakenOver implements Driving {
  readonly name = 'watch';
  readonly drives = true;
  readonly process: KillableController;
  ending: Ending | undefined;
  private readonly told: (taken: TakenOver) => void;

  constructor(process: KillableController, told: (taken: TakenOver) => void) {
    this.process = process;
    this.told = told;
  }

  get isActive(): boolean {
    return this.process.isAlive && this.ending === undefined;
  }

  end(ending: Ending): void {
    this.ending = ending;
    this.told(this);
  }
}

/** A journal is open for as long as its migration is driven. */
class HeardJournals extends DiskJournals {
  private readonly begins: () => TakenOver;

  constructor(disk: Disk, clock: Clock, begins: () => TakenOver) {
    super(disk, clock);
    this.begins = begins;
  }

  override async open(opening: NewOpening, show?: Show): Promise<JournalWriter> {
    return this.heard(await super.open(opening, show));
  }

  override async reopen(id: string, show?: Show): Promise<JournalWriter> {
    return this.heard(await super.reopen(id, show));
  }

  private heard(writer: JournalWriter): JournalWriter {
    const taken = this.begins();
    let outcome: Outcome | undefined;
    return {
      id: writer.id,
      append: (atMs, happening) => {
        if (happening.type === 'ended') outcome = happening.outcome;
        return writer.append(atMs, happening);
      },
      flush: async (withinMs) => await writer.flush(withinMs),
      entries: (fromSeq) => writer.entries(fromSeq),
      close: async () => {
        await writer.close();
        if (taken.ending) return;
        const error = 'its journal is closed, and says no end';
        taken.end(outcome ? { kind: 'told', outcome } : { kind: 'crashed', error });
      },
      discard: async () => {
        await writer.discard();
        taken.end({ kind: 'refused', words: 'nothing was taken over' });
      },
    };
  }
}

/** @throws {JournalError} */
async function probe(disk: Disk, clock: Clock): Promise<void> {
  await clock.sleep(disk.answersAfterMs);
  if (disk.isFull) throw new JournalError('no space left');
}

/** What only one policy finds out, no configuration has for another one. */
function configOf(
  uris: readonly string[],
  { policy, maxDowntimeMs, overBudget, brake }: WatchParts['schedule'],
): Config {
  return {
    file: undefined,
    watch: { connect: uris, stateDir: undefined, metadata: 'trusted', insist: undefined, shareLink: false },
    defaults: {
      ...{ policy, downtimeMs: Math.min(300, maxDowntimeMs), maxDowntimeMs, overBudget },
      brake: policy === 'forecast' ? brake : 'over-budget',
    },
    ceilings: { maxDowntimeMs: undefined, brakeForMs: undefined, overBudget: undefined },
    drain: {},
    domains: [],
  };
}
