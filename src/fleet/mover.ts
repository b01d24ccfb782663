/**
 * What the engine needs of hypervisors. It believes nothing else: where a VM is, and whether it is being migrated, is asked
 * here before each act and before each end.
 */

import type { Way } from '../drain/own-word.ts';

/** Asked right before anything is done to a VM. */
export interface Guard {
  /** Of this taking of the VM: it stands in the mark at the host. */
  readonly epoch: number;
  /** By this machine's own clock: whether the lease surely holds. Asked before each act. */
  mayAct(): boolean;
  /** Fires once the VM is somebody else's, or is let go of: stop looking, and touch nothing. */
  readonly letGo: AbortSignal;
}

/** One try. */
export interface Ride {
  /** The move's. */
  readonly id: string;
  /** Null: of none. */
  readonly drain: string | null;
  readonly vm: string;
  readonly source: string;
  readonly destination: string;
  /** Others began it. */
  readonly isForeign: boolean;
  readonly way: Way;
  /** A person said so: its own word is not asked for. */
  readonly isDecided: boolean;
  /** Settings that were stated for it alone. */
  readonly stated: Readonly<Record<string, unknown>>;
  /** What it may take of its links, in bytes per second; undefined: nobody says. */
  readonly share?: number | undefined;
}

export type Located =
  /** A migration of it runs, whoever began it. */
  | { readonly kind: 'migrating'; readonly source: string; readonly destination: string }
  /** It runs there, and no migration of it does. */
  | { readonly kind: 'at'; readonly host: string }
  /** It is off, or on none of the hosts that answer for it. */
  | { readonly kind: 'absent' };

export interface Seen {
  readonly vm: string;
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  /** Of both hosts. */
  readonly links: readonly string[];
  readonly memoryBytes: number;
}

/** Of a try that did not move the VM. */
export interface Failure {
  /** `refused`: by this destination, before anything was touched. Others may take it. */
  readonly class: 'transient' | 'capacity' | 'refused' | 'permanent' | 'no-pause-fits';
  readonly code: string;
  readonly words: string;
  readonly remedy?: string | undefined;
}

/** How a migration came to its end, by whoever watched it. Where the VM is then is asked anew. */
export type Attended = { readonly failure?: Failure } | { readonly unknown: string };

/** What a guest is told that asks for it. */
export interface GuestWord {
  /** It is about to be moved; it was; it was not, and stays for now. */
  readonly event: 'moving' | 'moved' | 'stays';
  /** On which it runs. */
  readonly host: string;
  /** Until its migration begins. */
  readonly inMs: number;
}

/** The guests themselves, where they can be told something. */
export interface Guests {
  /**
   * Hears by its VM's own word how long before its move it is to be told, in milliseconds; 0: not at all.
   * @throws {Error} where its host does not answer
   */
  noticeMs(ride: Ride): Promise<number>;
  /** In a few seconds, whether it answers or not. @throws {Error} with a sentence where it may not have heard it */
  tell(ride: Ride, word: GuestWord, guard: Guard): Promise<void>;
}

export interface Mover {
  /** Undefined: those of these hosts cannot be told anything. */
  readonly guests?: Guests;
  /** Asks both ends. @throws when one does not answer: it is asked again */
  locate(ride: Ride): Promise<Located>;
  /**
   * Hears its word and checks the destination again, and starts. Refuses where a migration of the VM runs already.
   * @throws {StartFailed} with the class; anything else counts as transient
   */
  start(ride: Ride, guard: Guard): Promise<void>;
  /** Looks after a migration that runs, whoever began it, until it is over or `letGo` fires. */
  attach(ride: Ride, guard: Guard): Promise<Attended>;
  /** Asks for the end of one of ours, which may arrive all the same. @throws when it was not asked */
  cancel(ride: Ride, guard: Guard): Promise<void>;
  /**
   * What it may take of its links is what the ride says from now on: never more than its own bandwidth is.
   * @returns whether that holds; where it does not yet it is asked for again @throws when it was not asked
   */
  shareLink(ride: Ride, guard: Guard): Promise<boolean>;
  /**
   * Hears its word again, asks the guest to shut down, and waits for nothing. Never does what would end it by force.
   * @throws {StartFailed}
   */
  shutDown(ride: Ride, guard: Guard): Promise<void>;
  /** Starts it where it is defined, on its source. @throws {StartFailed} */
  startUp(ride: Ride, guard: Guard): Promise<void>;
  /** All migrations that run on the hosts, whoever began them. @throws when nothing could be asked */
  running(): Promise<readonly Seen[]>;
}

export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly failure: Failure;

  constructor(failure: Failure, options: ErrorOptions = {}) {
    super(failure.words, options);
    this.failure = failure;
  }
}
