/** A question on the terminal that is answered by yes; anything else, Ctrl-D and being let go of are no. */
import { createInterface } from 'node:readline/promises';

export interface Asking {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Nobody waits for the answer any more. */
  readonly letGo: AbortSignal;
}

export async function askYes(question: string, { input, output, letGo }: Asking): Promise<boolean> {
  const asking = createInterface({ input, output });
  const closed = new AbortController();
  asking.once('close', () => closed.abort());
  // Otherwise it would be taken from those who wait for it.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const signal = AbortSignal.any([letGo, closed.signal]);
    const answer = await asking.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    asking.close();
  }
}
