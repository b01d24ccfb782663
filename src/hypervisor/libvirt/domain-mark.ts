/**
 * Sets, renews and removes the mark of lease-mark.ts in a domain's metadata, by virsh.
 *
 * Two takers who see no mark at the same time both set theirs; the later one's stays. So each waits a moment and
 * looks again: who finds the other's mark has lost. Were one slower than that moment, libvirt would refuse the
 * second migration all the same.
 */
import { randomUUID } from 'node:crypto';
import { RefusedError } from '../refusal.ts';
import { type Access, REAL_ACCESS } from './access.ts';
import { ask } from './ask.ts';
import { jobAt } from './domain/domain-job.ts';
import {
  decodeMark,
  encodeMark,
  judgeMark,
  LEASE_NAMESPACE,
  type LeaseMark,
  type Look,
  type Marked,
  markInWords,
  type Place,
  RENEW_EVERY_MS,
  STALE_AFTER_MS,
} from './lease-mark.ts';
import { isNotRunning } from './virsh/refusal.ts';

export interface MarkTiming {
  readonly renewEveryMs: number;
  /** Between two looks at a mark of which nobody knows whether its holder lives. */
  readonly lookEveryMs: number;
  readonly staleAfterMs: number;
  /** Between setting a mark and finding that it is still there, when the migration is to begin. */
  readonly settleMs: number;
}

const TIMING: MarkTiming = {
  renewEveryMs: RENEW_EVERY_MS,
  lookEveryMs: 5000,
  staleAfterMs: STALE_AFTER_MS,
  settleMs: 1000,
};

/** @throws {RefusedError} when libvirt cannot be asked, or the domain does not run */
export async function readMark(uri: string, uuid: string, access = REAL_ACCESS): Promise<Marked> {
  try {
    return decodeMark(await ask(uri, [...command(uuid)], access));
  } catch (error) {
    // Old versions of virsh complain where newer ones print nothing.
    if (error instanceof RefusedError && /metadata element is not present/i.test(error.message))
      return 'none';
    throw error;
  }
}

/**
 * For those who come upon a migration that is under way, and so can set no mark themselves. One that has ended since, and with it
 * the domain there, is held by nobody.
 * @throws {RefusedError} `held` when a controller elsewhere has begun it, dead or alive
 */
export async function refuseMarked(
  uri: string,
  uuid: string,
  here: Place,
  access = REAL_ACCESS,
): Promise<void> {
  const marked = await readMark(uri, uuid, access).catch((error: unknown) => {
    if (isNotRunning(error)) return 'none' as const;
    throw error;
  });
  const look: Look = { marked, atMs: 0, migrating: true };
  if (judgeMark([look], here) === 'held') throw heldBy(uri, uuid, marked);
}

/**
 * Marks a domain that does not migrate, once nobody else drives it: at once, or after 45 s where a dead
 * controller of another machine has left its mark. To be called with the lease on this machine in hand.
 * @throws {RefusedError} `held` with who holds it
 */
export async function markDomain(
  uri: string,
  uuid: string,
  here: Place,
  { timing = TIMING, access = REAL_ACCESS }: { timing?: MarkTiming; access?: Access } = {},
): Promise<DomainMark> {
  const parts = { uri, uuid, timing, access };
  await waitUntilFree(parts, here);
  const since = new Date().toISOString();
  const mark: LeaseMark = { ...here, id: randomUUID(), pid: process.pid, since, beat: 0 };
  await set(parts, mark);
  return new DomainMark(parts, mark);
}

interface MarkParts {
  readonly uri: string;
  readonly uuid: string;
  readonly timing: MarkTiming;
  readonly access: Access;
}

/**
 * States: `renewing` may become any other. `resting`: a migration is about to begin, or under way, and libvirt takes
 * no renewals. `lost`: another controller took it for left over, as after we were suspended for a minute.
 * `removed` and `lost` are final.
 */
type MarkState = 'renewing' | 'resting' | 'lost' | 'removed';

export class DomainMark {
  private readonly parts: MarkParts;
  private mark: LeaseMark;
  private state: MarkState = 'renewing';
  /** Ends the pause between two renewals. */
  private wake: () => void = () => {};
  /** What another sets who found the domain free as we did, he has set by then. */
  private readonly settled: Promise<void>;
  private readonly renewal: Promise<void>;

  constructor(parts: MarkParts, mark: LeaseMark) {
    this.parts = parts;
    this.mark = mark;
    this.settled = parts.access.clock.sleep(parts.timing.settleMs);
    this.renewal = this.keepRenewing();
  }

  /**
   * To be called right before the migration begins: ends the renewing, and makes sure that the mark is still ours, a while after
   * it was set.
   * @throws {RefusedError} `held` when another controller has taken it meanwhile
   */
  async rest(): Promise<void> {
    await this.settled;
    await this.stopRenewing();
    const { uri, uuid } = this.parts;
    const found = await this.read();
    if (isOf(found, this.mark)) return;
    this.state = 'lost';
    throw heldBy(uri, uuid, found);
  }

  /**
   * Once the migration has ended: before that libvirt answers only after 30 s, by a refusal. @param where where the domain runs then, for the mark has gone with it
   * @throws {RefusedError} when libvirt does not do it: to be tried again, or else found by the next taker
   */
  async remove(where: { readonly uri: string; readonly uuid: string } = this.parts): Promise<void> {
    if (this.state === 'removed' || this.state === 'lost') return;
    await this.stopRenewing();
    const { access } = this.parts;
    const found = await readMark(where.uri, where.uuid, access);
    if (isOf(found, this.mark)) await ask(where.uri, [...command(where.uuid), '--remove'], access);
    this.state = 'removed';
  }

  private async stopRenewing(): Promise<void> {
    if (this.state === 'renewing') this.state = 'resting';
    this.wake();
    await this.renewal;
  }

  private async keepRenewing(): Promise<void> {
    const { access, timing } = this.parts;
    while (this.state === 'renewing') {
      await new Promise<void>((resolve) => {
        const cancel = access.inBackground(timing.renewEveryMs, resolve);
        this.wake = () => {
          cancel();
          resolve();
        };
      });
      if (this.state === 'renewing') await this.renew();
    }
  }

  private async read(): Promise<Marked> {
    const { uri, uuid, access } = this.parts;
    return await readMark(uri, uuid, access);
  }

  /** Never rejects. What fails is tried again at the next turn: a libvirtd that restarts takes seconds. */
  private async renew(): Promise<void> {
    try {
      const found = await this.read();
      if (isOf(found, this.mark)) {
        const next = { ...this.mark, beat: this.mark.beat + 1 };
        await set(this.parts, next);
        this.mark = next;
      } else if (this.state === 'renewing') this.state = 'lost';
    } catch {}
  }
}

async function waitUntilFree({ uri, uuid, timing, access }: MarkParts, here: Place): Promise<void> {
  const { clock } = access;
  const looks: Look[] = [];
  for (;;) {
    const marked = await readMark(uri, uuid, access);
    const migrating = marked !== 'none' && (await jobAt(uri, uuid, access)).type === 'active';
    looks.push({ marked, atMs: clock.now(), migrating });
    const verdict = judgeMark(looks, here, timing.staleAfterMs);
    if (verdict === 'held') throw heldBy(uri, uuid, marked);
    if (verdict !== 'undecided') return;
    await clock.sleep(timing.lookEveryMs);
  }
}

function isOf(found: Marked, mark: LeaseMark): boolean {
  return typeof found !== 'string' && found.id === mark.id;
}

/** Removes the mark that a dead controller of this machine left, and no other's. @throws {RefusedError} */
export async function removeLeftMark(
  uri: string,
  uuid: string,
  here: Place,
  access = REAL_ACCESS,
): Promise<void> {
  const marked = await readMark(uri, uuid, access);
  const isOurs =
    typeof marked !== 'string' && marked.bootId === here.bootId && marked.network === here.network;
  if (isOurs) await ask(uri, [...command(uuid), '--remove'], access);
}

function command(uuid: string): readonly string[] {
  return ['metadata', `--domain=${uuid}`, `--uri=${LEASE_NAMESPACE}`, '--live'];
}

async function set({ uri, uuid, access }: MarkParts, mark: LeaseMark): Promise<void> {
  await ask(uri, [...command(uuid), '--key=switchover', `--set=${encodeMark(mark)}`], access);
}

function heldBy(uri: string, uuid: string, marked: Marked): RefusedError {
  const who = marked === 'none' ? 'a controller that has just removed its mark' : markInWords(marked);
  return new RefusedError(
    'held',
    `VM ${uuid} on ${uri} is held by ${who}, says the mark in its metadata: wait until that has ended, or end it there, ` +
      'and try again; where it is certainly dead, remove its mark once the VM does not migrate: ' +
      `\`virsh -c '${uri}' metadata ${uuid} ${LEASE_NAMESPACE} --remove --live\``,
  );
}
