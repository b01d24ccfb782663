/** What happened, line by line in words, folded from the journal: what was decided and why, what was done, what went wrong. */
import type { JournalEntry } from './journal.ts';
import type { Tone } from './words.ts';

export interface StoryLine {
  readonly seq: number;
  readonly atMs: number;
  readonly pass: number | undefined;
  /** `decided`, `did`, `guest`, `warning`, and so on: what kind of line it is. */
  readonly kind: string;
  readonly tone: Tone;
  readonly words: string;
  /** How often it was said with the same words, until `untilMs`, the last time in `untilPass`. */
  readonly times: number;
  readonly untilMs: number;
  readonly untilPass: number | undefined;
}

export function withStory(story: readonly StoryLine[], entries: readonly JournalEntry[]): StoryLine[] {
  const lines = [...story];
  for (const entry of entries) {
    const told = lineOf(entry);
    if (!told) continue;
    const last = lines.at(-1);
    const { atMs, seq } = entry;
    if (last && last.kind === told.kind && last.words === told.words)
      lines[lines.length - 1] = { ...last, times: last.times + 1, untilMs: atMs, untilPass: told.pass };
    else lines.push({ ...told, seq, atMs, times: 1, untilMs: atMs, untilPass: told.pass });
  }
  return lines;
}

type Line = Pick<StoryLine, 'kind' | 'tone' | 'words' | 'pass'>;

function lineOf(entry: JournalEntry): Line | undefined {
  switch (entry.type) {
    case 'opened':
      return line('opened', 'plain', `opened, under the policy ${entry.policy}`);
    case 'decision':
      return {
        ...line('decided', TONES[entry.decision.action] ?? 'plain', decided(entry.decision)),
        pass: entry.pass,
      };
    case 'effect':
      return line('did', 'plain', entry.did);
    case 'guest':
      return entry.event === 'stopped'
        ? line('guest', 'pause', `the guest stands still on the ${entry.side}`)
        : line('guest', 'good', `the guest runs on the ${entry.side}`);
    case 'intent':
      return intended(entry.intent, entry.side);
    case 'monitor':
      return line('monitor', entry.state === 'back' ? 'good' : 'bad', MONITOR[entry.state](entry));
    case 'restored':
      return entry.problem === null
        ? line('did', 'plain', `the settings of the ${entry.side} are as they were`)
        : line('warning', 'ask', `the settings of the ${entry.side} are not as they were: ${entry.problem}`);
    case 'warning':
      return line('warning', 'ask', entry.message);
    case 'ended':
      return line('ended', ENDS[entry.outcome.outcome] ?? 'plain', entry.outcome.reason);
    default:
      return undefined;
  }
}

function line(kind: string, tone: Tone, words: string): Line {
  return { kind, tone, words, pass: undefined };
}

const ACTIONS: Readonly<Record<string, string>> = {
  continue: 'go on',
  'set-downtime-limit': 'let it stop within a limit',
  switchover: 'switch over',
  throttle: 'brake the guest',
  suspend: 'suspend the guest',
  'post-copy': 'go on by post-copy',
  abort: 'give up',
};

const TONES: Readonly<Record<string, Tone>> = {
  switchover: 'pause',
  throttle: 'brake',
  suspend: 'pause',
  'post-copy': 'pause',
  abort: 'bad',
};

const ENDS: Readonly<Record<string, Tone>> = { completed: 'good', aborted: 'bad', failed: 'bad' };

function decided({
  action,
  reason,
  throttlePercent,
}: Extract<JournalEntry, { type: 'decision' }>['decision']) {
  const percent = throttlePercent === undefined ? '' : ` by ${Math.round(throttlePercent)} %`;
  return `${ACTIONS[action] ?? action}${percent}: ${reason}`;
}

/** The start and `let-run` belong to every migration; a fence and its release are part of a cancel. */
function intended(intent: string, side: string | null): Line | undefined {
  if (intent === 'cancel') return line('did', 'plain', 'cancelling the migration');
  if (intent === 'resume') return line('did', 'plain', `making the guest run on the ${side}`);
  if (intent === 'halt') return line('did', 'pause', `stopping the guest on the ${side}`);
  return undefined;
}

type Monitor = Extract<JournalEntry, { type: 'monitor' }>;

const MONITOR: Readonly<Record<Monitor['state'], (entry: Monitor) => string>> = {
  lost: ({ side, words }) => `the way to the ${side}'s monitor is lost (${words}): trying again`,
  back: ({ side, words }) => `the way to the ${side}'s monitor is back (${words})`,
  ended: ({ side, words }) => `the ${side}'s hypervisor has ended (${words})`,
};
