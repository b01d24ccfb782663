/** What the driver reaches the world by, virsh and time, so that both can be simulated. */
import { type Clock, REAL_CLOCK } from '../clock.ts';
import type { Place } from './lease-mark.ts';
import { placeHere } from './place-here.ts';
import { askHost } from './virsh/host-shells.ts';
import { assertUsableVirsh } from './virsh/usable-virsh.ts';
import { type VirshOutput, virsh, virshOnItsOwn } from './virsh/virsh.ts';
import { type Shell, VirshShell } from './virsh/virsh-shell.ts';

/** The ways in which a virsh is run. */
export interface VirshWays {
  /**
   * By one that lasts. @returns what it printed
   * @throws {VirshError} @throws {NoVirshError} @throws {VirshTimeoutError}
   */
  ask(uri: string, args: readonly string[], timeoutMs?: number): Promise<string>;
  /** The same, by a process of its own: for an answer that may hold anything. */
  run(uri: string, args: readonly string[]): Promise<string>;
  openShell(uri: string): Shell;
  /** One that outlives us. @returns its end; never rejects */
  migrate(uri: string, args: readonly string[]): Promise<VirshOutput>;
  /** @throws {RefusedError} where there is none, or one that is too old */
  assertUsable(): Promise<void>;
}

export interface Access {
  readonly virsh: VirshWays;
  readonly clock: Clock;
  /** As {@link Clock.after}, but it keeps no process from ending. */
  inBackground(ms: number, callback: () => void): () => void;
  /** Where this controller runs, for the mark that it leaves. */
  place(): Place;
}

export const REAL_ACCESS: Access = {
  virsh: {
    ask: askHost,
    run: virsh,
    openShell: (uri) => new VirshShell(uri),
    migrate: virshOnItsOwn,
    assertUsable: assertUsableVirsh,
  },
  clock: REAL_CLOCK,
  inBackground: (ms, callback) => {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
  place: placeHere,
};
