/**
 * The ids of migrations: `20261122T195748.120-vm1-3f2a`. They sort by creation and are safe as file names, whatever
 * the VM is called. The time stamp is for people; the order is kept even when the wall clock steps back, since a
 * new stamp is always later than the newest one that is there.
 */

const STAMP = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(?:\.(\d{3}))?-/;

const SAFE_NAME_LENGTH = 40;

/** What comes after the year 9999 has a stamp of another form: after a file that somebody gave that year no later one follows. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * @param newest the newest id that is there; undefined: none
 * @param nowMs the wall clock, milliseconds since 1970
 */
export function newMigrationId(
  vmName: string,
  newest: string | undefined,
  nowMs: number = Date.now(),
  random: () => number = Math.random,
): string {
  const afterMs = newest === undefined ? undefined : stampMs(newest);
  const ms = Math.min(LAST_MS, Math.max(nowMs, (afterMs ?? -1) + 1));
  const stamp = new Date(ms).toISOString().replace(/[-:Z]/g, '');
  const name =
    vmName
      .replace(/[^A-Za-z0-9_]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, SAFE_NAME_LENGTH) || 'vm';
  const tail = Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, '0');
  return `${stamp}-${name}-${tail}`;
}

/** The time stamp of an id, milliseconds since 1970; undefined where it has none: somebody named that file. */
export function stampMs(id: string): number | undefined {
  const match = STAMP.exec(id);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, millis = '000'] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Whether it comes before the other one in {@link sortIds}. */
export function isOlder(id: string, other: string): boolean {
  return isStamped(id) === isStamped(other) ? id < other : isStamped(other);
}

/** How many of them come before it: its own place, where it is among them. @param ids the oldest first */
export function countOlder(ids: readonly string[], id: string): number {
  let [from, to] = [0, ids.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isOlder(ids[middle] ?? '', id)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The oldest first. An id without a time stamp is older than all that have one. Quick for many thousands. */
export function sortIds(ids: readonly string[]): string[] {
  // Stamps are of one form, so their order is that of their characters.
  return [...ids.filter((id) => !isStamped(id)).sort(), ...ids.filter(isStamped).sort()];
}

function isStamped(id: string): boolean {
  return /^\d{8}T\d{6}[.-]/.test(id);
}
