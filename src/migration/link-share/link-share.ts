/**
 * One link, shared on purpose by the migrations that are followed here: a memory-intensive one has it alone until its guest has
 * arrived, and the others are held to next to nothing meanwhile (`alone.ts`).
 *
 * It goes by what the journals of these migrations tell, and holds them by the cap of their passes: what was capped is lifted
 * once it may go on, and when we let go of it.
 */
import type { JournalEntry } from '../../journal/journal-entry.ts';
import type { Run } from '../run.ts';
import { aloneOnLink } from './alone.ts';

/** Under which migrations that wait are held: enough that none counts as stalled. */
export const HELD_BYTES_PER_SECOND = 2 ** 20;

/** For so long one has the link that does not arrive, while others wait. */
const TURN_MS = 60_000;

/** A cap that was not taken is asked for again then. */
const AGAIN_MS = 5000;

export interface Sharing {
  readonly id: string;
  /** For a sentence. */
  readonly name: string;
  readonly run: Pick<Run, 'setPassCap'>;
  /** Its own cap, in bytes per second; undefined: none. */
  readonly capBytesPerSecond: number | undefined;
  /** It is held already, by one of ours before us. */
  readonly isHeld: boolean;
}

interface Member extends Omit<Sharing, 'isHeld'> {
  isHeld: boolean;
  intensiveSinceMs: number | undefined;
  switchesOver: boolean;
  /** All of it has gone over the link, although its end is still to be found out. */
  isThrough: boolean;
  turns: number;
  /** Undefined: nothing is under way, or to be tried again. */
  changing: Promise<void> | undefined;
  notBeforeMs: number;
}

export class LinkShare {
  private readonly now: () => number;
  private readonly members = new Map<string, Member>();
  private holder: { readonly id: string; readonly sinceMs: number } | undefined;
  private isLettingGo = false;

  /** @param now in milliseconds */
  constructor(now: () => number) {
    this.now = now;
  }

  add(sharing: Sharing): void {
    this.members.set(sharing.id, {
      ...sharing,
      ...{ intensiveSinceMs: undefined, switchesOver: false, isThrough: false, turns: 0 },
      ...{ changing: undefined, notBeforeMs: 0 },
    });
    this.share();
  }

  /** Its guest has arrived, or it is followed no more. */
  remove(id: string): void {
    this.members.delete(id);
    this.share();
  }

  /** What its journal tells. */
  see(id: string, entry: JournalEntry): void {
    const member = this.members.get(id);
    if (!member) return;
    switch (entry.type) {
      case 'decision':
        if (entry.decision.memoryIntensive === true) member.intensiveSinceMs ??= this.now();
        if (entry.decision.memoryIntensive === false) member.intensiveSinceMs = undefined;
        break;
      case 'state':
        member.switchesOver = entry.to === 'switching-over' || entry.to === 'stopped';
        member.isThrough ||= entry.to === 'arrived' || entry.to === 'settling';
        break;
      case 'tick':
      case 'boundary':
        break;
      default:
        return;
    }
    this.share();
  }

  /** All go on as if there were nobody who shares the link: we let go of them. Never rejects. */
  async letGo(): Promise<void> {
    this.isLettingGo = true;
    for (;;) {
      this.share();
      const underWay = [...this.members.values()].flatMap(({ changing }) => changing ?? []);
      if (underWay.length === 0) return;
      await Promise.all(underWay);
    }
  }

  private share(): void {
    const alone = this.isLettingGo ? undefined : this.whoIsAlone();
    if (alone !== this.holder?.id) {
      const before = this.holder && this.members.get(this.holder.id);
      if (before) before.turns += 1;
      this.holder = alone === undefined ? undefined : { id: alone, sinceMs: this.now() };
    }
    const name = alone === undefined ? undefined : this.members.get(alone)?.name;
    for (const member of this.members.values())
      this.hold(member, name !== undefined && member.id !== alone, name);
  }

  private whoIsAlone(): string | undefined {
    const { holder } = this;
    return aloneOnLink(
      [...this.members.values()].filter(({ isThrough }) => !isThrough),
      holder && { id: holder.id, isSpent: this.now() - holder.sinceMs >= TURN_MS },
    );
  }

  private hold(member: Member, toBeHeld: boolean, forWhom: string | undefined): void {
    if (member.isHeld === toBeHeld || member.changing || this.now() < member.notBeforeMs) return;
    // Its guest stands still, or is about to: whoever is there already takes no more than its rest.
    if (toBeHeld && member.switchesOver) return;
    const reason = toBeHeld ? `${forWhom} has the link alone` : 'the link is free again';
    const cap = toBeHeld
      ? Math.min(HELD_BYTES_PER_SECOND, member.capBytesPerSecond ?? HELD_BYTES_PER_SECOND)
      : member.capBytesPerSecond;
    member.changing = member.run.setPassCap(cap, reason).then((change) => {
      member.changing = undefined;
      if (change !== 'holds') {
        member.notBeforeMs = this.now() + AGAIN_MS;
        return;
      }
      member.isHeld = toBeHeld;
      // What was decided meanwhile.
      this.share();
    });
  }
}
