/** One switchover process: a command of the user's from its begin to its end, or to its death. */
import type { Clock } from '../../src/hypervisor/clock.ts';
import { NotBegunError, RefusedError, type Side } from '../../src/hypervisor/hypervisor.ts';
import type { StreamTls } from '../../src/hypervisor/stream-tls.ts';
import { KillableController } from '../../src/hypervisor/testing/killable-controller.ts';
import { JournalError } from '../../src/journal/journal-error.ts';
import { beginRun } from '../../src/migration/begin.ts';
import type { Outcome } from '../../src/migration/outcome.ts';
import type { RecoverWish } from '../../src/migration/recover.ts';
import type { Run, RunParts } from '../../src/migration/run.ts';
import { takeOverRun } from '../../src/migration/take-over.ts';
import type { Limits, PolicyKind } from '../../src/policy/policy.ts';
import type { Disk } from './disk.ts';
import { DiskJournals } from './disk-journals.ts';
import type { Leases } from './leases.ts';
import type { OtherVm } from './other-vm.ts';
import type { World } from './world.ts';

/** Why a migration goes on without one of them, as its outcome says. */
export const LET_GO = 'let go of by the explorer';

export interface Machine {
  readonly clock: Clock;
  readonly world: World;
  readonly other: OtherVm;
  readonly disk: Disk;
  readonly leases: Leases;
  /** Is told of a command that has just ended. */
  told(controller: Driving): void;
}

export interface Wish {
  readonly kind: PolicyKind;
  readonly limits: Limits;
}

/** How a command ended: as it says, refused, or by a mistake of ours. */
export type Ending =
  | { readonly kind: 'told'; readonly outcome: Outcome }
  | { readonly kind: 'refused'; readonly words: string }
  | { readonly kind: 'crashed'; readonly error: unknown };

/** Who drives the VM, or wants to. */
export interface Driving {
  readonly name: string;
  readonly process: KillableController;
  /** It has come to have a migration. */
  readonly drives: boolean;
  /** Undefined until it has ended, and for ever where it was killed. */
  readonly ending: Ending | undefined;
  readonly isActive: boolean;
  /** What it told its user that it could not put back, whether or not a disk took that. */
  readonly notPutBack?: ReadonlySet<Side>;
}

export class Controller implements Driving {
  readonly process: KillableController;
  readonly name: string;
  run: Run | undefined;
  ending: Ending | undefined;
  readonly notPutBack = new Set<Side>();
  private readonly machine: Machine;
  /** Somebody let go of it, or wanted to before it had begun. */
  isLetGo = false;

  constructor(name: string, machine: Machine) {
    this.name = name;
    this.machine = machine;
    this.process = new KillableController({ clock: machine.clock, open: machine.other.open });
  }

  get drives(): boolean {
    return this.run !== undefined;
  }

  get isActive(): boolean {
    return this.process.isAlive && this.ending === undefined;
  }

  migrate(
    wish: Wish,
    how: {
      readonly destinationStartsItself: boolean;
      readonly tls?: StreamTls | undefined;
      /** Left out: ours. */
      readonly destination?: string;
    },
  ): void {
    const { vm, target } = this.machine.world;
    const destination = { ...target, vm: how.destination ?? target.vm };
    const given = { ...wish, ...how, vm, destination, force: false };
    this.begin(async (parts) => await beginRun(given, parts));
  }

  attach(
    wish: Wish,
    destination: string | undefined,
    how: { readonly mayEndOthers?: boolean; readonly recover?: RecoverWish } = {},
  ): void {
    const given = { ...wish, ...how, vm: this.machine.world.vm, destination };
    this.begin(async (parts) => await takeOverRun(given, parts));
  }

  /** SIGTERM: it ends at once where nothing was begun yet. */
  detach(): void {
    this.isLetGo = true;
    void this.run?.detach(LET_GO);
  }

  private begin(make: (parts: RunParts) => Promise<Run>): void {
    const { world, disk, leases } = this.machine;
    const parts: RunParts = {
      hypervisor: world.hypervisor(this.process),
      store: new DiskJournals(disk, this.process.clock),
      takeLease: leases.takenBy(this.process),
      show: (entry) => {
        if (entry.type === 'restored' && entry.problem !== null) this.notPutBack.add(entry.side);
      },
      initiator: { user: 'root', uid: 0, host: 'explorer', pid: 1, command: ['switchover', this.name] },
    };
    void this.live(make(parts));
  }

  private async live(making: Promise<Run>): Promise<void> {
    try {
      this.run = await making;
      if (this.isLetGo) void this.run.detach(LET_GO);
      this.ending = { kind: 'told', outcome: await this.run.outcome };
    } catch (error) {
      const expected =
        error instanceof RefusedError || error instanceof NotBegunError || error instanceof JournalError;
      this.ending = expected ? { kind: 'refused', words: error.message } : { kind: 'crashed', error };
    }
    this.machine.told(this);
  }
}
