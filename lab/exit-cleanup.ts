/**
 * What must be undone when this process ends before it has closed its labs: by process.exit(), by an uncaught
 * error, by Ctrl-C, SIGTERM or a closed terminal. (After kill -9 nothing can be undone here: `sweep.ts`.)
 *
 * The work is synchronous, since nothing can be awaited at that point. After it a signal is raised again, so
 * that the process ends as it would have without us.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const undone = new Set<() => void>();

/** @returns a function that takes the clean-up back, for when it was done in the usual way */
export function cleanUpOnExit(cleanUp: () => void): () => void {
  if (undone.size === 0) listen();
  undone.add(cleanUp);
  return () => {
    if (undone.delete(cleanUp) && undone.size === 0) stopListening();
  };
}

function listen(): void {
  process.on('exit', cleanUpAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function stopListening(): void {
  process.off('exit', cleanUpAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  cleanUpAll();
  stopListening();
  process.kill(process.pid, signal);
}

function cleanUpAll(): void {
  for (const cleanUp of undone) cleanUp();
  undone.clear();
}
