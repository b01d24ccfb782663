/** Waits for a run's end on behalf of a command: signals, and the exit status at the end. */
import type { Run } from '../migration/run.ts';
import { exitStatusOf } from './exit-status.ts';
import { beScheduledPromptly } from './priority.ts';
import type { Reporter } from './render/reporter.ts';

/** Once QEMU is told to cancel nothing can go on any more, so a second Ctrl-C needs a moment to come first. */
const SECOND_THOUGHT_MS = 1000;

const DETACHING =
  'detaching: the migration goes on without switchover; `switchover attach` takes it over again, and lets the guest run once it has arrived';

/** What signals are passed on to: a run of this process, or of a service. */
export type Drivable = Pick<Run, 'cancel' | 'detach'>;

/**
 * The signals that are heeded, from before the first change on, so that none ends us between two of them.
 *
 * Ctrl-C cancels; a second one within a second detaches in its place. Being told to end by anybody else (SIGTERM) only
 * detaches: the migration lives in the hypervisor, and losing us must not disturb it. A closed terminal (SIGHUP) changes
 * nothing: somebody has to let the guest run on its arrival, and an ssh session that ends is no wish to leave. A cancel
 * that is under way is carried to its end whatever comes (S4); Ctrl-C then tries at once what waits to be tried again.
 */
export class Signals {
  private readonly reporter: Reporter;
  private readonly detaching: string;
  private run: Drivable | undefined;
  private state: 'following' | 'thinking' | 'cancelling' | 'detaching' = 'following';
  private timer: NodeJS.Timeout | undefined;
  /** By whose word, for the journal. */
  private detachedBy = 'detached';

  /** @param detaching what is said where it is let go of */
  constructor(reporter: Reporter, detaching = DETACHING) {
    this.reporter = reporter;
    this.detaching = detaching;
    process.on('SIGINT', this.onInterrupt);
    process.on('SIGTERM', this.onEnd);
    process.on('SIGHUP', this.onHangUp);
  }

  /** What was signalled before is done to it now. */
  apply(run: Drivable): void {
    this.run = run;
    if (this.state === 'cancelling') this.cancel();
    if (this.state === 'detaching') void run.detach(this.detachedBy);
  }

  release(): void {
    clearTimeout(this.timer);
    process.off('SIGINT', this.onInterrupt);
    process.off('SIGTERM', this.onEnd);
    process.off('SIGHUP', this.onHangUp);
  }

  private readonly onInterrupt = (): void => {
    switch (this.state) {
      case 'following':
        this.reporter.say(
          'cancelling, the guest stays on the source (Ctrl-C again within a second: detach and let it go on)',
        );
        this.state = 'thinking';
        this.timer = setTimeout(() => this.cancel(), SECOND_THOUGHT_MS);
        return;
      case 'thinking':
        return this.detach('detached by a second Ctrl-C');
      case 'cancelling':
        this.reporter.say('the cancel is under way and is carried to its end; trying again at once');
        this.cancel();
        return;
      case 'detaching':
        return;
    }
  };

  private readonly onEnd = (): void => {
    // A cancel that waits for its run is not forgotten for it.
    if (this.state === 'cancelling' && !this.run) this.sayCancelFirst();
    else if (this.state !== 'detaching') this.detach('detached on SIGTERM');
  };

  private readonly onHangUp = (): void => {
    this.reporter.say('the terminal is closed: the migration is followed to its end all the same');
  };

  private cancel(): void {
    this.state = 'cancelling';
    void this.run?.cancel('cancelled by Ctrl-C').then((cancelled) => {
      if (cancelled === 'too-late' && this.state === 'cancelling') this.state = 'following';
    });
  }

  private sayCancelFirst(): void {
    this.reporter.say('the cancel is under way: it is carried to its end before switchover lets go');
  }

  private detach(by: string): void {
    clearTimeout(this.timer);
    if (this.state === 'cancelling') this.sayCancelFirst();
    else this.reporter.say(this.detaching);
    this.state = 'detaching';
    this.detachedBy = by;
    void this.run?.detach(by);
  }
}

/** @param begin begins the run, or takes it over @returns the exit status */
export async function followRun(begin: () => Promise<Run>, reporter: Reporter): Promise<number> {
  beScheduledPromptly();
  const signals = new Signals(reporter);
  try {
    const run = await begin();
    signals.apply(run);
    return exitStatusOf(await run.outcome);
  } finally {
    signals.release();
  }
}
