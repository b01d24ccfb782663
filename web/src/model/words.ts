/** The journal's words for people, and what they mean by colour: the same word and colour wherever a state is shown. */
import type { MigrationSummary } from '../api-types.ts';

/** `moving`: under way. `brake`: it is slowed down. `pause`: the guest stands still or is about to. `good`, `bad`: how it ended. `ask`: a person is needed. */
export type Tone = 'moving' | 'brake' | 'pause' | 'good' | 'bad' | 'ask' | 'plain';

export interface Told {
  readonly words: string;
  readonly tone: Tone;
}

const STATES: Readonly<Record<string, Told>> = {
  copying: { words: 'copying', tone: 'moving' },
  'switching-over': { words: 'switching over', tone: 'pause' },
  stopped: { words: 'guest paused', tone: 'pause' },
  arrived: { words: 'arrived', tone: 'good' },
  'post-copy': { words: 'post-copy', tone: 'pause' },
  cancelling: { words: 'cancelling', tone: 'plain' },
  settling: { words: 'settling', tone: 'plain' },
};

const OUTCOMES: Readonly<Record<string, Told>> = {
  completed: { words: 'migrated', tone: 'good' },
  aborted: { words: 'given up', tone: 'bad' },
  cancelled: { words: 'cancelled', tone: 'plain' },
  failed: { words: 'failed', tone: 'bad' },
  detached: { words: 'let go', tone: 'plain' },
};

type Stands = Pick<MigrationSummary, 'state' | 'outcome' | 'runsOn' | 'braked' | 'final'>;

/** Where it stands, in two words. */
export function standing({ state, outcome, runsOn, braked }: Stands): Told {
  if (runsOn === 'unknown') return { words: 'needs a person', tone: 'ask' };
  if (outcome !== null) return OUTCOMES[outcome] ?? { words: outcome, tone: 'plain' };
  if (state === 'copying' && braked) return { words: 'braking', tone: 'brake' };
  // A newer service may know states that this page does not.
  return STATES[state] ?? { words: state.replaceAll('-', ' '), tone: 'plain' };
}

/** Of a demonstration some have no address. */
export function isHost(address: string): boolean {
  return address.includes('://');
}

/** `qemu+ssh://host7/system?name=db` is long: a table shows its host; the whole address is a tooltip away. */
export function hostOf(address: string | null): string {
  if (address === null) return 'not known';
  const [, host] = /^[a-z+]+:\/\/(?:[^@/]*@)?([^/:?]+)/i.exec(address) ?? [];
  return host ?? address;
}
