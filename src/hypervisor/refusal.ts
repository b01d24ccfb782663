/**
 * Why a hypervisor, or switchover itself, does not do what was asked of it: said before anything was touched, by a
 * code to act on and a sentence for a person. A pre-flight finds several at once: {@link Findings}.
 */

export type RefusalCode =
  | 'bad-address'
  | 'no-socket'
  | 'not-a-monitor'
  | 'monitor-busy'
  | 'unreachable'
  | 'loses-writes'
  | 'known-defect'
  | 'migration-blocked'
  | 'not-running'
  | 'already-migrating'
  | 'not-migrating'
  | 'destination-not-waiting'
  | 'different-vm'
  | 'different-machine'
  | 'different-memory'
  | 'different-capabilities'
  | 'lacks-feature'
  | 'bad-migrate-uri'
  /** Certificates, or the objects that hold them. */
  | 'bad-credentials'
  | 'no-virsh'
  | 'no-domain'
  | 'read-only'
  | 'authentication'
  | 'hypervisor-refused'
  | 'name-taken'
  | 'different-cpu'
  | 'no-memory'
  | 'not-shared'
  | 'unsafe-cache'
  | 'host-device'
  /** Another process drives this VM. */
  | 'held';

/** Refused before anything was touched; the message says what is wrong and what to do. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was found to forbid something, in order; none: nothing forbids it. */
export class Findings {
  private readonly found: readonly RefusedError[];

  constructor(found: readonly RefusedError[]) {
    this.found = found;
  }

  /** One error for all of them, a line each; its code is the first one's. */
  get error(): RefusedError | undefined {
    const [first, ...others] = this.found;
    if (first === undefined || others.length === 0) return first;
    const lines = this.found.map(({ message }) => message);
    return new RefusedError(first.code, lines.join('\n'), { cause: this.found });
  }

  /** @throws {RefusedError} when there are any */
  throwAny(): void {
    if (this.error) throw this.error;
  }
}

/** Of several attempts that failed: one refusal for all, unless one failed for a reason that nobody expected. */
export function refusalOfAll(reasons: readonly unknown[]): unknown {
  const refusals = reasons.filter((reason) => reason instanceof RefusedError);
  const unexpected = reasons.find((reason) => !(reason instanceof RefusedError));
  return unexpected ?? new Findings(refusals).error;
}
