/** What is simulated: a guest, the link between two hosts, and the QEMU on both. */
import { SWITCHOVER_FIXED_COST_MS } from '../../model/passes.ts';
import type { QemuVersion } from '../qemu-rules/version.ts';
import type { AutoConvergeParameters } from './auto-converge.ts';
import type { Link } from './link.ts';
import type { MemoryModel } from './memory/memory-model.ts';
import type { SendOrder, ZeroPlace } from './unsent-memory.ts';

export interface Scenario {
  readonly memoryBytes: number;
  /** The part of the memory that holds nothing but zeros, from 0 to 1: it costs 9 bytes a page on the wire. */
  readonly zeroPagesShare: number;
  readonly zeroPlace: ZeroPlace;
  /** What is left of the other pages where a migration compresses them, from above 0 to 1: random content; more where that is slower than the line. */
  readonly compressedTo: number;
  /** The same of the pages that the guest writes. Undefined: as of the others. */
  readonly writtenCompressedTo: number | undefined;
  readonly memory: MemoryModel;
  readonly link: Link;
  /** False: the guest is paused, and is to arrive paused. */
  readonly running: boolean;
  /** From 8.2 on the line rate is stated with `avail-switchover-bandwidth`; from 9.1 on auto-converge syncs by a timer. */
  readonly qemuVersion: Omit<QemuVersion, 'package'>;
  /** The capability `auto-converge`; undefined: off. */
  readonly autoConverge: AutoConvergeParameters | undefined;
  /** Whether a quota can be set on the vCPU threads, as where QEMU runs on the controller's machine. */
  readonly cpuQuota: boolean;
  readonly sendOrder: SendOrder;
  /** From the last byte of the stop-and-copy to the guest running on the destination. */
  readonly switchoverFixedCostMs: number;
  /** From STOP on the source to the guest running on the destination when post-copy begins. */
  readonly postCopyPauseMs: number;
  /** From an event to the instant at which a command given because of it takes effect. */
  readonly reactionMs: number;
  /**
   * Between timed samples; `Infinity`: none but while the link stands still, which is much faster. A time limit is
   * then noticed at the next boundary only.
   */
  readonly tickMs: number;
  /** Data unacknowledged for this long ends the connection; Linux's net.ipv4.tcp_retries2 makes it 15 minutes. */
  readonly linkFailureMs: number;
  /** The virtual clock's first instant: where in its phases the guest is then, and how far the link's steps are. */
  readonly startMs: number;
}

export type ScenarioInput = Pick<Scenario, 'memoryBytes' | 'memory' | 'link'> & Partial<Scenario>;

const DEFAULTS = {
  zeroPagesShare: 0,
  zeroPlace: 'last',
  compressedTo: 1,
  writtenCompressedTo: undefined,
  running: true,
  qemuVersion: { major: 10, minor: 0, micro: 2 },
  autoConverge: undefined,
  cpuQuota: false,
  sendOrder: 'address',
  switchoverFixedCostMs: SWITCHOVER_FIXED_COST_MS,
  postCopyPauseMs: 30,
  reactionMs: 2,
  tickMs: 250,
  linkFailureMs: 924_600,
  startMs: 0,
} satisfies Partial<Scenario>;

export function scenario(input: ScenarioInput): Scenario {
  return { ...DEFAULTS, ...input };
}
