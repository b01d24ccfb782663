/**
 * The settings that a migration changes on one QEMU, and the objects that it makes there: what was is told before it is
 * changed, and it is put back on every way out (S5), so that the next migration, whoever starts it, finds the QEMU as
 * it was.
 */
import { type FormerSettings, RefusedError, type Restored, type Side } from '../hypervisor.ts';
import type { LastingMonitor } from './lasting-monitor.ts';
import type { NewObject } from './qmp/commands.ts';
import { isRefusal } from './qmp/errors.ts';
import { isOurs } from './tls/tls-settings.ts';

export interface WantedSettings {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, boolean>>;
}

/** How long a command, and a connection that was lost, is waited for. */
const COMMAND_MS = 5000;

type Remember = (former: FormerSettings) => Promise<void>;

export class ChangedSettings {
  readonly side: Side;
  private readonly monitor: LastingMonitor;
  private readonly parameters: Record<string, unknown> = {};
  private readonly capabilities: Record<string, boolean> = {};
  private readonly made = new Set<string>();
  private isPuttingBack = false;

  constructor(monitor: LastingMonitor, side: Side) {
    this.monitor = monitor;
    this.side = side;
  }

  /** What a controller before us had found: it holds in place of what is there now. */
  inherit(former: readonly FormerSettings[]): void {
    for (const { side, parameters, capabilities, made = [] } of former) {
      if (side !== this.side) continue;
      Object.assign(this.parameters, parameters);
      Object.assign(this.capabilities, capabilities);
      // Whatever a journal says, of nobody else's.
      for (const id of made.filter(isOurs)) this.made.add(id);
    }
  }

  /**
   * Tells what these are, once, and keeps it.
   * @throws {RefusedError} where QEMU does not say what one of them is: it could not be put back
   */
  async remember(
    parameters: readonly string[],
    capabilities: readonly string[],
    remember: Remember | undefined,
  ): Promise<void> {
    const former = { parameters: await this.present(parameters), capabilities: await this.on(capabilities) };
    this.assertTold(parameters, { ...this.parameters, ...former.parameters });
    this.assertTold(capabilities, { ...this.capabilities, ...former.capabilities });
    const news = {
      side: this.side,
      parameters: withoutKnown(former.parameters, this.parameters),
      capabilities: withoutKnown(former.capabilities, this.capabilities),
    };
    if (Object.keys(news.parameters).length + Object.keys(news.capabilities).length === 0) return;
    await remember?.(news);
    Object.assign(this.parameters, news.parameters);
    Object.assign(this.capabilities, news.capabilities);
  }

  /**
   * Tells which objects are to be made, then makes them.
   * @throws {QmpError} @throws {UnreachableError}
   */
  async make(objects: readonly NewObject[], remember: Remember | undefined): Promise<void> {
    if (objects.length === 0) return;
    const made = objects.map(({ id }) => id);
    await remember?.({ side: this.side, parameters: {}, capabilities: {}, made });
    this.assertOpen();
    for (const id of made) this.made.add(id);
    for (const object of objects) await this.monitor.execute('object-add', object);
  }

  /**
   * Tells what is to be changed, then changes it. Only what differs is touched.
   * @throws {RefusedError} as `remember` does @throws {QmpError} @throws {UnreachableError}
   */
  async set(wanted: WantedSettings, remember: Remember | undefined): Promise<void> {
    const known = await this.monitor.execute('query-migrate-capabilities');
    const capabilities = Object.entries(wanted.capabilities).filter(([name, state]) => {
      const present = known.find(({ capability }) => capability === name);
      return present === undefined ? state : present.state !== state;
    });
    const names = capabilities.map(([name]) => name);
    await this.remember(Object.keys(wanted.parameters), names, remember);
    this.assertOpen();
    if (capabilities.length > 0)
      await this.monitor.execute('migrate-set-capabilities', {
        capabilities: capabilities.map(([capability, state]) => ({ capability, state })),
      });
    if (Object.keys(wanted.parameters).length > 0)
      await this.monitor.execute('migrate-set-parameters', wanted.parameters);
  }

  /**
   * Changes on the way what was remembered before.
   * @throws {Error} once it is put back @throws {QmpError} @throws {UnreachableError}
   */
  async change(parameters: WantedSettings['parameters'], timeoutMs: number): Promise<void> {
    this.assertOpen();
    await this.monitor.execute('migrate-set-parameters', parameters, { timeoutMs });
  }

  /** Puts everything back, for good. Never throws: what fails is told, with the commands to type. */
  async putBack(): Promise<Restored> {
    this.isPuttingBack = true;
    const problems: string[] = [];
    const count = Object.keys(this.parameters).length + Object.keys(this.capabilities).length;
    if (count + this.made.size > 0) await this.monitor.connected(COMMAND_MS);
    if (Object.keys(this.parameters).length > 0)
      problems.push(...(await this.try('migrate-set-parameters', this.parameters)));
    const capabilities = Object.entries(this.capabilities).map(([capability, state]) => ({
      capability,
      state,
    }));
    if (capabilities.length > 0)
      problems.push(...(await this.try('migrate-set-capabilities', { capabilities })));
    // Last: until here a parameter may have named one.
    for (const id of this.made) problems.push(...(await this.try('object-del', { id })));
    return { side: this.side, problem: problems.length > 0 ? problems.join('; ') : undefined };
  }

  /** What is set behind that would stay set: whoever sets may have waited long, for the journal or for QEMU. */
  private assertOpen(): void {
    if (this.isPuttingBack)
      throw new Error(`the ${this.side}'s settings are put back already, so nothing more is set there`);
  }

  private assertTold(names: readonly string[], told: Readonly<Record<string, unknown>>): void {
    const [name] = names.filter((each) => !Object.hasOwn(told, each));
    if (name === undefined) return;
    const why = `${this.monitor.address} does not say what its setting ${name} is, so it could not be put back`;
    throw new RefusedError('lacks-feature', why);
  }

  private async try(
    command: 'migrate-set-parameters' | 'migrate-set-capabilities' | 'object-del',
    args: object,
  ): Promise<string[]> {
    try {
      await this.monitor.execute(command, args as never, { timeoutMs: COMMAND_MS });
      return [];
    } catch (error) {
      // It was never made, or another hand was quicker: either way it is not there.
      if (command === 'object-del' && isRefusal(error) && /not found/.test(error.desc)) return [];
      const typed = JSON.stringify({ execute: command, arguments: args });
      return [
        `the ${this.side}'s settings were not put back (${(error as Error).message}): type ${typed} at the monitor ${this.monitor.address}`,
      ];
    }
  }

  private async present(names: readonly string[]): Promise<Record<string, unknown>> {
    if (names.length === 0) return {};
    const all: Record<string, unknown> = { ...(await this.monitor.execute('query-migrate-parameters')) };
    return Object.fromEntries(
      names.filter((name) => all[name] !== undefined).map((name) => [name, formerValue(all[name])]),
    );
  }

  private async on(names: readonly string[]): Promise<Record<string, boolean>> {
    if (names.length === 0) return {};
    const all = await this.monitor.execute('query-migrate-capabilities');
    return Object.fromEntries(
      all
        .filter(({ capability }) => names.includes(capability))
        .map(({ capability, state }) => [capability, state]),
    );
  }
}

/** What a run of ours that died made for itself was nothing before. */
function formerValue(value: unknown): unknown {
  return isOurs(value) ? '' : value;
}

function withoutKnown<T>(found: Record<string, T>, known: Record<string, unknown>): Record<string, T> {
  return Object.fromEntries(Object.entries(found).filter(([name]) => !(name in known)));
}
