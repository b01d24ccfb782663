/** One call of the API behind a button: it is made once at a time, and its refusal is a sentence beside the button. */
import { useState } from 'preact/hooks';

export interface Asking {
  readonly busy: boolean;
  readonly problem: string | undefined;
  /** Never rejects. */
  readonly ask: (act: () => Promise<void>) => void;
}

export function useAsking(): Asking {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const ask = (act: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    act()
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return { busy, problem, ask };
}
