/**
 * Remembers the settings that a migration changes on a QEMU and puts them back when the guest stays there,
 * so that the next migration, whoever starts it, finds the QEMU as it was.
 */
import type { QmpClient } from './qmp/client.ts';

export class Undo {
  private readonly client: QmpClient;
  private readonly parameters: Record<string, unknown> = {};
  private readonly capabilities: { capability: string; state: boolean }[] = [];

  constructor(client: QmpClient) {
    this.client = client;
  }

  /** Sets what differs. @throws {QmpCommandError} when QEMU refuses one of them */
  async setCapabilities(wanted: Record<string, boolean>): Promise<void> {
    const present = await this.client.execute('query-migrate-capabilities');
    const changed = present.filter(
      ({ capability, state }) => wanted[capability] !== undefined && wanted[capability] !== state,
    );
    const unknown = Object.keys(wanted).filter(
      (name) => wanted[name] && !present.some((each) => each.capability === name),
    );
    const setting = [...changed.map(({ capability }) => capability), ...unknown];
    if (setting.length === 0) return;
    await this.client.execute('migrate-set-capabilities', {
      capabilities: setting.map((capability) => ({ capability, state: wanted[capability] ?? false })),
    });
    this.capabilities.push(...changed.map(({ capability, state }) => ({ capability, state })));
  }

  /** Remembers the present values of these parameters, once each. */
  async remember(names: readonly string[]): Promise<void> {
    const present: Record<string, unknown> = { ...(await this.client.execute('query-migrate-parameters')) };
    for (const name of names) if (present[name] !== undefined) this.parameters[name] ??= present[name];
  }

  /** Puts these back at the end, whatever they are now: who knew what they were before is gone. */
  assume(parameters: Record<string, unknown>, capabilities: Record<string, boolean>): void {
    Object.assign(this.parameters, parameters);
    for (const [capability, state] of Object.entries(capabilities))
      this.capabilities.push({ capability, state });
  }

  /** Puts everything back. Never throws: a QEMU that is gone has nothing to put back. */
  async run(): Promise<void> {
    try {
      if (Object.keys(this.parameters).length > 0)
        await this.client.execute('migrate-set-parameters', this.parameters);
      if (this.capabilities.length > 0)
        await this.client.execute('migrate-set-capabilities', {
          capabilities: [...this.capabilities].reverse(),
        });
    } catch {
      // The guest runs; a leftover setting is no reason to alarm anybody.
    }
  }
}
