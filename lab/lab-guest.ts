/**
 * One side of a pair: a QEMU, and the guest inside it when it runs there.
 */
import type { GuestVerification } from './guest/answers.ts';
import { GuestLines } from './guest-lines.ts';
import { unlessEmulationFails } from './kvm/emulation-fault.ts';
import { runState } from './monitor.ts';
import type { GuestPaths } from './qemu-command.ts';
import type { QemuProcess } from './qemu-process.ts';

export class LabGuest extends GuestLines {
  /** `vm1-source`, `vm1-destination`: what its files in the run folder begin with. */
  readonly name: string;
  readonly pid: number;
  readonly qmpPath: string;
  readonly monitor2Path: string;
  readonly consolePath: string;
  /** True when this guest has an odd RAM size, because its QEMU would lose writes otherwise (QEMU < 9.0). */
  readonly losesWritesWorkaround: boolean;

  readonly #process: QemuProcess;

  constructor(name: string, paths: GuestPaths, process: QemuProcess, losesWritesWorkaround: boolean) {
    super(paths);
    this.name = name;
    this.pid = process.pid;
    this.qmpPath = paths.qmpPath;
    this.monitor2Path = paths.monitor2Path;
    this.consolePath = paths.consolePath;
    this.losesWritesWorkaround = losesWritesWorkaround;
    this.#process = process;
  }

  alive(): boolean {
    return this.#process.alive();
  }

  /** Does nothing when QEMU is gone already. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#process.kill(signal);
  }

  /** QEMU's exit status; null when a signal ended it, or when another process than this one had started it. */
  get exited(): Promise<number | null> {
    return this.#process.exited();
  }

  /** QEMU's run state, over the second monitor; undefined when nobody answers there. */
  async runState(): Promise<string | undefined> {
    return await runState(this.monitor2Path);
  }

  /** Waits until the guest is at work. @throws {GuestFailedError} @throws {WaitTimeoutError} @throws {EmulationFaultError} */
  async ready(timeoutMs?: number): Promise<void> {
    await unlessEmulationFails(
      this.monitor2Path,
      this.untilReady(this.name, () => this.alive(), timeoutMs),
    );
  }

  /** @throws {GuestAnswerError} @throws {EmulationFaultError} */
  override async verify(timeoutMs?: number): Promise<GuestVerification> {
    return await unlessEmulationFails(this.monitor2Path, super.verify(timeoutMs));
  }
}
