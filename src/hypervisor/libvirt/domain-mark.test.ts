import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { RefusedError } from '../refusal.ts';
import { type DomainMark, type MarkTiming, markDomain, readMark, refuseMarked } from './domain-mark.ts';
import { decodeMark, encodeMark, type LeaseMark, type Place } from './lease-mark.ts';
import { placeHere } from './place-here.ts';
import { fakeHost, soon, TEST_HOST, TEST_UUID } from './virsh/testing/fake-virsh.ts';

const HERE = placeHere();
const THERE: Place = { ...HERE, host: 'host2', bootId: '5cf1e1f5-7a3e-4ef0-8a55-3b2b7c9f8d22' };
const OTHER: LeaseMark = {
  ...THERE,
  id: '6a6f2b52-32f4-4f52-b7a1-5a2c9a0d1e33',
  pid: 4711,
  since: '2026-11-27T06:00:00.000Z',
  beat: 3,
};
const QUICK: MarkTiming = { renewEveryMs: 20, lookEveryMs: 10, staleAfterMs: 150, settleMs: 5 };
const NEVER_RENEWED: MarkTiming = { ...QUICK, renewEveryMs: 3_600_000 };

/** What libvirt keeps. While there is a file `job` beside it the domain migrates, and no metadata is changed. */
let metadata: string;
let job: string;

beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-mark-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  metadata = path.join(folder, 'metadata');
  job = path.join(folder, 'job');
  fakeHost(`
    command=$4; shift 4
    [ $command = domjobinfo ] && { [ -e ${job} ] && echo 'Job type: 2' && echo 'operation: 5'; exit 0; }
    [ "$1 $2 $3" = "--domain=${TEST_UUID} --uri=urn:switchover:lease:1 --live" ] || exit 9
    case "$*" in
      *--set=*|*--remove*) [ -e ${job} ] && { echo 'error: cannot acquire state change lock' >&2; exit 1; };;
    esac
    case "$*" in
      *--set=*) printf '%s' "\${5#--set=}" > ${metadata}.new; mv ${metadata}.new ${metadata};;
      *--remove*) rm ${metadata};;
      *) [ -e ${metadata} ] && cat ${metadata}; exit 0;;
    esac`);
});

const stored = () => (fs.existsSync(metadata) ? decodeMark(fs.readFileSync(metadata, 'utf8')) : 'none');
const store = (mark: LeaseMark) => fs.writeFileSync(metadata, encodeMark(mark));

async function mark(timing = QUICK): Promise<DomainMark> {
  const marked = await markDomain(TEST_HOST, TEST_UUID, HERE, { timing });
  onTestFinished(async () => await marked.remove().catch(() => {}));
  return marked;
}

async function refusalOf(asked: Promise<unknown>): Promise<RefusedError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof RefusedError) return error;
  throw new Error('it was not refused', { cause: error });
}

describe('marking', () => {
  test('says who drives the domain, and goes when it is removed', async () => {
    const marked = await mark();
    expect(stored()).toMatchObject({ ...HERE, pid: process.pid });
    await marked.remove();
    expect(stored()).toBe('none');
    await marked.remove();
  });

  test('is renewed until the migration begins', async () => {
    const marked = await mark();
    await soon(() => expect((stored() as LeaseMark).beat).toBeGreaterThan(1));
    await marked.rest();
    const before = stored();
    await new Promise((resolve) => setTimeout(resolve, 5 * QUICK.renewEveryMs));
    expect(stored()).toEqual(before);
  });

  test('refuses where the counter of another machine’s mark goes up', async () => {
    store(OTHER);
    const refused = refusalOf(
      markDomain(TEST_HOST, TEST_UUID, HERE, { timing: { ...QUICK, staleAfterMs: 60_000 } }),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    store({ ...OTHER, beat: 4 });
    const { code, message } = await refused;
    expect(code).toBe('held');
    expect(message).toContain(
      `VM ${TEST_UUID} on ${TEST_HOST} is held by process 4711 on host2, since 2026-11-27T06:00:00.000Z`,
    );
    expect(stored()).toMatchObject({ id: OTHER.id });
  });

  test('takes the place of another machine’s that stands still', async () => {
    store(OTHER);
    await mark();
    expect(stored()).toMatchObject({ pid: process.pid });
  });

  test('takes the place of one that a process of this machine left, without a wait', async () => {
    store({ ...OTHER, ...HERE });
    await mark({ ...QUICK, staleAfterMs: Number.POSITIVE_INFINITY });
    expect(stored()).toMatchObject({ pid: process.pid });
  });

  test('loses to a mark that was set at the same instant after it', async () => {
    const marked = await mark({ ...NEVER_RENEWED, settleMs: 300 });
    const refused = refusalOf(marked.rest());
    await new Promise((resolve) => setTimeout(resolve, 100));
    store(OTHER);
    expect((await refused).message).toContain('process 4711 on host2');
    expect(stored()).toEqual(OTHER);
  });
});

describe('a mark that was taken over while its holder slept', () => {
  test('does not let it begin a migration', async () => {
    const marked = await mark(NEVER_RENEWED);
    store(OTHER);
    expect((await refusalOf(marked.rest())).code).toBe('held');
    await marked.remove();
    expect(stored()).toEqual(OTHER);
  });

  test('is not renewed', async () => {
    const marked = await mark();
    store(OTHER);
    await new Promise((resolve) => setTimeout(resolve, 5 * QUICK.renewEveryMs));
    await marked.remove();
    expect(stored()).toEqual(OTHER);
  });
});

describe('a migration that is under way', () => {
  beforeEach(() => fs.writeFileSync(job, ''));

  test('may be taken over where nobody marked it, or somebody of this machine did who is dead', async () => {
    await refuseMarked(TEST_HOST, TEST_UUID, HERE);
    store({ ...OTHER, ...HERE });
    await refuseMarked(TEST_HOST, TEST_UUID, HERE);
  });

  test('may be settled by whoever comes as it has just ended, and its domain with it', async () => {
    fakeHost("echo 'error: Requested operation is not valid: domain is not running' >&2; exit 1");
    await refuseMarked(TEST_HOST, TEST_UUID, HERE);
  });

  test('is left to the machine that marked it', async () => {
    store(OTHER);
    const { code, message } = await refusalOf(refuseMarked(TEST_HOST, TEST_UUID, HERE));
    expect(code).toBe('held');
    expect(message).toContain(`metadata ${TEST_UUID} urn:switchover:lease:1 --remove --live`);
  });

  test('keeps its mark, and loses it after the end', async () => {
    fs.rmSync(job);
    const marked = await mark();
    await marked.rest();
    fs.writeFileSync(job, '');
    await expect(marked.remove()).rejects.toThrow(/state change lock/);
    fs.rmSync(job);
    await marked.remove();
    expect(stored()).toBe('none');
  });
});

test('virsh before 11 complains where there is no mark', async () => {
  fakeHost("echo 'error: metadata not found: Requested metadata element is not present' >&2; exit 1");
  expect(await readMark(TEST_HOST, TEST_UUID)).toBe('none');
});

test('a host that does not answer is no free one', async () => {
  fakeHost("echo 'error: failed to connect to the hypervisor' >&2; exit 1");
  expect((await refusalOf(markDomain(TEST_HOST, TEST_UUID, HERE, { timing: QUICK }))).code).toBe(
    'unreachable',
  );
});
