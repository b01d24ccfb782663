/** Whether a host can be reached from this machine, tried with one TCP connection that is closed at once. */
import { connect } from 'node:net';

export type Reach =
  /** It answered, be it with a refusal. */
  | 'reached'
  | 'unknown-name'
  /** The network has no way to it. */
  | 'no-network'
  /** A router, the host or its firewall answers that there is no way. */
  | 'no-route'
  | 'no-answer';

const PATIENT_MS = 2000;

const CODES: Record<string, Reach> = {
  ENOTFOUND: 'unknown-name',
  EAI_AGAIN: 'unknown-name',
  ENETUNREACH: 'no-network',
  ENETDOWN: 'no-network',
  EHOSTUNREACH: 'no-route',
  EHOSTDOWN: 'no-route',
  ETIMEDOUT: 'no-answer',
};

/** Never rejects. */
export async function reach(host: string, port: number, patientMs = PATIENT_MS): Promise<Reach> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end('no-answer'), patientMs);
    const end = (result: Reach) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end('reached'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(CODES[error.code ?? ''] ?? 'reached'));
  });
}

/** As soon as one port answers; otherwise what the first of them came to. Never rejects. */
export async function reachAny(
  host: string,
  ports: readonly number[],
  patientMs = PATIENT_MS,
): Promise<Reach> {
  const tries = ports.map(async (port) => {
    const found = await reach(host, port, patientMs);
    if (found !== 'reached') throw new Unreached(found);
    return found;
  });
  try {
    return await Promise.any(tries);
  } catch (error) {
    const [first] = error instanceof AggregateError ? error.errors : [];
    return first instanceof Unreached ? first.found : 'no-answer';
  }
}

class Unreached extends Error {
  readonly found: Reach;
  constructor(found: Reach) {
    super(found);
    this.found = found;
  }
}
