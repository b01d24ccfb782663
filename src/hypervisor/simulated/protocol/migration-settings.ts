/** The parameters and capabilities of one simulated QEMU, as its version has them. */
import { QEMU_THROTTLE_DEFAULTS } from '../../qemu-rules/brake-lever.ts';
import { featuresOf } from '../../qemu-rules/features.ts';
import type { PauseParameters } from '../../qemu-rules/switchover-limit.ts';
import { isAtLeast, type QemuVersion } from '../../qemu-rules/version.ts';
import { SimulatedRefusal } from './monitor-server.ts';

const CAPABILITIES = [
  'xbzrle',
  'auto-converge',
  'events',
  'postcopy-ram',
  'return-path',
  'pause-before-switchover',
  'multifd',
  'late-block-activate',
  'validate-uuid',
  'postcopy-blocktime',
];

/** QEMU's own (migration/options.c): 128 MiB/s, 300 ms. */
const DEFAULTS = {
  ...{ 'downtime-limit': 300, 'max-bandwidth': 128 * 2 ** 20 },
  ...{ 'multifd-channels': 2, 'multifd-compression': 'none', 'multifd-zstd-level': 1 },
  ...{ 'tls-creds': '', 'tls-hostname': '', 'tls-authz': '' },
};
/** A bandwidth that caps no link there is. */
const UNCAPPED_BYTES_PER_SECOND = 2 ** 40;

export class MigrationSettings {
  private readonly parameters: Record<string, unknown>;
  private readonly capabilities: Map<string, boolean>;

  constructor(version: QemuVersion) {
    const stated = featuresOf(version).availSwitchoverBandwidth ? { 'avail-switchover-bandwidth': 0 } : {};
    this.parameters = { ...DEFAULTS, ...stated, ...QEMU_THROTTLE_DEFAULTS };
    const names = isAtLeast(version, 7, 1) ? [...CAPABILITIES, 'postcopy-preempt'] : CAPABILITIES;
    this.capabilities = new Map(names.map((name) => [name, false]));
  }

  get shownParameters(): Readonly<Record<string, unknown>> {
    return { ...this.parameters };
  }

  get shownCapabilities(): readonly { readonly capability: string; readonly state: boolean }[] {
    return [...this.capabilities].map(([capability, state]) => ({ capability, state }));
  }

  isOn(capability: string): boolean {
    return this.capabilities.get(capability) === true;
  }

  get compresses(): boolean {
    return this.isOn('multifd') && this.parameters['multifd-compression'] !== 'none';
  }

  number(parameter: string): number {
    return Number(this.parameters[parameter] ?? 0);
  }

  text(parameter: string): string {
    return String(this.parameters[parameter] ?? '');
  }

  /** Undefined: it caps nothing. */
  get capBytesPerSecond(): number | undefined {
    const cap = this.number('max-bandwidth');
    return cap >= UNCAPPED_BYTES_PER_SECOND ? undefined : cap;
  }

  /** What decides when the guest is stopped, as {@link SwitchoverThreshold} takes it. */
  get ofThreshold(): PauseParameters {
    const stated = this.number('avail-switchover-bandwidth');
    const limit = { 'downtime-limit': this.number('downtime-limit') };
    return stated > 0 ? { ...limit, 'avail-switchover-bandwidth': stated } : limit;
  }

  /** @throws {SimulatedRefusal} */
  setParameters(changes: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(changes))
      if (!(name in this.parameters)) throw new SimulatedRefusal(`Parameter '${name}' is unexpected`);
    if (!(Number(changes['downtime-limit'] ?? 1) >= 0))
      throw new SimulatedRefusal(
        "Parameter 'downtime_limit' expects an integer in the range of 0 to 2000000 ms",
      );
    Object.assign(this.parameters, changes);
  }

  /** migrate_caps_check @param listens an incoming migration has opened its port @throws {SimulatedRefusal} */
  setCapabilities(
    changes: readonly { readonly capability: string; readonly state: boolean }[],
    listens: boolean,
  ): void {
    for (const { capability } of changes)
      if (!this.capabilities.has(capability))
        throw new SimulatedRefusal(`Parameter 'capability' does not accept value '${capability}'`);
    const next = new Map(this.capabilities);
    for (const { capability, state } of changes) next.set(capability, state);
    if (next.get('postcopy-preempt') && !next.get('postcopy-ram'))
      throw new SimulatedRefusal('Postcopy preempt requires postcopy-ram');
    if (next.get('postcopy-preempt') && listens)
      throw new SimulatedRefusal('Postcopy preempt must be set before incoming starts');
    for (const [name, state] of next) this.capabilities.set(name, state);
  }
}
