/**
 * Rolling over hosts: each is emptied, something is done to it, and it takes VMs again, before the next one's turn. One that
 * does not end as it should is the last one that begins. What each step is stands with whoever calls it.
 */

/** What became of a step; `words` say why where it is not done. */
export interface StepEnd {
  readonly isDone: boolean;
  readonly words: string;
  /** As a command's that does this step alone. */
  readonly exitStatus: number;
}

export interface RollSteps {
  /** Whether its turn may begin: a person may be asked. */
  approve(host: string): Promise<boolean>;
  /** Empties it; what a program does to it once it is empty has been done then. */
  empty(host: string): Promise<StepEnd>;
  /** Waits until it can run VMs again. */
  recover(host: string): Promise<StepEnd>;
  /** Lets VMs be moved there again, and brings back what is to come back. */
  release(host: string): Promise<StepEnd>;
}

export interface RolledHost {
  readonly host: string;
  /** `stopped`: not all steps of it are done; `refused`: nobody let it begin; `waiting`: its turn never came. */
  readonly state: 'done' | 'stopped' | 'refused' | 'waiting';
  readonly words: string | null;
  readonly exitStatus: number;
}

/**
 * @param maxUnavailable the most hosts that are away at a time
 * @returns each host in the order that was given, once all that had begun is over
 */
export async function roll(
  hosts: readonly string[],
  { maxUnavailable }: { readonly maxUnavailable: number },
  steps: RollSteps,
): Promise<readonly RolledHost[]> {
  const ends = new Map<string, RolledHost>();
  const turns = hosts[Symbol.iterator]();
  let goesOn = true;
  const takeTurns = async (): Promise<void> => {
    while (goesOn) {
      const { value: host, done } = turns.next();
      if (done) return;
      const end = await rollOne(host, steps);
      goesOn &&= end.state === 'done';
      ends.set(host, end);
    }
  };
  await Promise.all(Array.from({ length: maxUnavailable }, takeTurns));
  return hosts.map((host) => ends.get(host) ?? { host, state: 'waiting', words: null, exitStatus: 0 });
}

async function rollOne(host: string, steps: RollSteps): Promise<RolledHost> {
  if (!(await steps.approve(host))) return { host, state: 'refused', words: null, exitStatus: 0 };
  for (const step of [steps.empty, steps.recover, steps.release]) {
    const { isDone, words, exitStatus } = await step.call(steps, host);
    if (!isDone) return { host, state: 'stopped', words, exitStatus };
  }
  return { host, state: 'done', words: null, exitStatus: 0 };
}
