/**
 * A control group of its own for one thread, below the one that it is in: what it may take of a processor is then ours to say,
 * and where it was is told by where its group is. Both versions of control groups (v1: a hierarchy of the cpu controller; v2: a
 * threaded group).
 */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type Version = 'v1' | 'v2';

export interface Hierarchy {
  readonly version: Version;
  readonly mount: string;
}

/** So are ours known again, by whoever comes next: */
const PREFIX = 'switchover-brake-';
/** with this one the controller was switched on for it, and is to be switched off again. */
const SWITCHES_ON = `${PREFIX}on-`;

/** How long a thread may run of each period, in microseconds. */
export interface Quota {
  readonly quotaUs: number;
  readonly periodUs: number;
}

export interface CpuGroup {
  readonly version: Version;
  readonly threadId: number;
  /** Where the thread was. */
  readonly parent: string;
  readonly folder: string;
  /** The parent did not hand the controller down before. */
  readonly switchesOn: boolean;
}

/** @param mounts of /proc/self/mounts @returns where the cpu controller is; undefined: nowhere */
export function cpuHierarchy(mounts: string): Hierarchy | undefined {
  const entries = mounts.split('\n').map((line) => line.split(' '));
  const v1 = entries.find(
    ([, , type, options = '']) => type === 'cgroup' && options.split(',').includes('cpu'),
  );
  if (v1?.[1] !== undefined) return { version: 'v1', mount: v1[1] };
  const v2 = entries.find(([, , type]) => type === 'cgroup2');
  return v2?.[1] === undefined ? undefined : { version: 'v2', mount: v2[1] };
}

/** @param groups of /proc/PID/task/TID/cgroup @returns the thread's path in that hierarchy */
export function pathIn(groups: string, { version }: Hierarchy): string | undefined {
  for (const line of groups.split('\n')) {
    const [, , controllers = '', own] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    const isThis = version === 'v2' ? controllers === '' : controllers.split(',').includes('cpu');
    if (isThis) return own;
  }
  return undefined;
}

/** @returns the group that the thread has from us or is to get, and whether it is in it already */
export function groupOf(pid: number, threadId: number): { group: CpuGroup; isInIt: boolean } {
  const hierarchy = cpuHierarchy(readFileSync('/proc/self/mounts', 'utf8'));
  if (!hierarchy) throw new Error('there is no control group of processors on this machine');
  const own = pathIn(readFileSync(`/proc/${pid}/task/${threadId}/cgroup`, 'utf8'), hierarchy);
  if (own === undefined) throw new Error(`thread ${threadId} is in no control group of processors`);
  const isInIt = path.basename(own).startsWith(PREFIX);
  const parent = path.join(hierarchy.mount, isInIt ? path.dirname(own) : own);
  const { version } = hierarchy;
  const name = path.basename(own);
  const switchesOn = isInIt ? name.startsWith(SWITCHES_ON) : version === 'v2' && !handsDown(parent);
  const folder = path.join(parent, isInIt ? name : `${switchesOn ? SWITCHES_ON : PREFIX}${threadId}`);
  return { group: { version, threadId, parent, folder, switchesOn }, isInIt };
}

function handsDown(folder: string): boolean {
  return readFileSync(path.join(folder, 'cgroup.subtree_control'), 'utf8').split(/\s/).includes('cpu');
}

export function makeGroup(
  { version, folder, parent, switchesOn }: CpuGroup,
  { quotaUs, periodUs }: Quota,
): void {
  mkdirSync(folder, { recursive: true });
  if (version === 'v1') {
    write(folder, 'cpu.cfs_period_us', periodUs);
    write(folder, 'cpu.cfs_quota_us', quotaUs);
  } else {
    write(folder, 'cgroup.type', 'threaded');
    if (switchesOn) write(parent, 'cgroup.subtree_control', '+cpu');
    write(folder, 'cpu.max', `${quotaUs} ${periodUs}`);
  }
  letOthersPass(folder);
}

/**
 * Every thread that wakes up runs before one of this group. Else the scheduler protects what runs for a slice of some 4 ms: a
 * vCPU that QEMU's migration thread had waited for went on until that was over, and dirtied up to 40 MB more between QEMU's
 * count of what is left and the guest's stop (measured under TCG: of 37 pauses that were to be 500 ms at most 7 were longer; with this none).
 */
function letOthersPass(folder: string): void {
  // Linux before 5.15 has none.
  quietly(() => write(folder, 'cpu.idle', 1));
}

export function enter({ version, folder, threadId }: CpuGroup): void {
  write(folder, threadsFile(version), threadId);
}

/**
 * The thread is where it was, and its group is gone. Moved is what is in the group: a thread that has ended left it by itself,
 * and its number may be another's by now.
 */
export function leave({ version, parent, folder, switchesOn }: CpuGroup): void {
  const name = threadsFile(version);
  quietly(() => {
    const inside = readFileSync(path.join(folder, name), 'utf8').split('\n');
    for (const threadId of inside) if (threadId !== '') quietly(() => write(parent, name, threadId));
  });
  quietly(() => rmdirSync(folder));
  if (switchesOn) quietly(() => write(parent, 'cgroup.subtree_control', '-cpu'));
}

/** The same for a shell, which does it when nobody else can any more; nothing where the group was never made. */
export function leaveInShell({ version, parent, folder, switchesOn }: CpuGroup): string {
  const name = threadsFile(version);
  const [inside, before] = [folder, parent].map((each) => quoted(path.join(each, name)));
  const lines = [`for t in $(cat ${inside}); do echo "$t" > ${before}; done`, `rmdir ${quoted(folder)}`];
  if (switchesOn) lines.push(`echo -cpu > ${quoted(path.join(parent, 'cgroup.subtree_control'))}`);
  return [`if [ -d ${quoted(folder)} ]; then`, ...lines, 'fi'].join('\n');
}

function threadsFile(version: Version): string {
  return version === 'v1' ? 'tasks' : 'cgroup.threads';
}

function write(folder: string, name: string, value: string | number): void {
  writeFileSync(path.join(folder, name), String(value));
}

function quietly(doing: () => void): void {
  try {
    doing();
  } catch {
    // Done already, by the guard or by one before us.
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
