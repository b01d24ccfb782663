/**
 * A process that starts takes much more than it needs from then on, and V8 collects no garbage before more is made: a service
 * that does nothing would keep it for ever.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By then all that is loaded as it starts has been. */
const STARTED_MS = 10_000;

/** Once, and only where nobody waits: it takes some 25 ms, in which nothing is decided. */
export function giveBackOnceStarted(isIdle: () => boolean, afterMs = STARTED_MS): void {
  setTimeout(() => {
    if (isIdle()) giveBackMemory();
  }, afterMs).unref();
}

function giveBackMemory(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
