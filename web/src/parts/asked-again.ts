/** What the service does not tell by itself, asked for again as long as it is looked at and the connection stands. */
import { useEffect, useState } from 'preact/hooks';
import { link } from '../store.ts';

export interface AskedAgain<T> {
  /** As it was answered last. */
  readonly value: T | undefined;
  /** Why there is no newer answer. */
  readonly problem: string | undefined;
}

/** @param ask the same for the life of a screen @param everyMs from one answer to the next question */
export function useAskedAgain<T>(ask: () => Promise<T>, everyMs: number): AskedAgain<T> {
  const [value, setValue] = useState<T | undefined>(undefined);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  // What was lost comes back with the connection.
  const isLost = link.value.state === 'lost';
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const once = async () => {
      try {
        const found = document.hidden ? undefined : await ask();
        if (over) return;
        if (found !== undefined) setValue(() => found);
        setProblem(undefined);
      } catch (error) {
        if (!over) setProblem(error instanceof Error ? error.message : String(error));
      }
      if (!over) timer = setTimeout(once, everyMs);
    };
    const shown = () => {
      if (document.hidden || over) return;
      clearTimeout(timer);
      void once();
    };
    if (!isLost) void once();
    document.addEventListener('visibilitychange', shown);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [isLost]);
  // That the connection is lost is said by the page as a whole.
  return { value, problem: isLost ? undefined : problem };
}
