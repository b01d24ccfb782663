import { describe, expect, test } from 'vitest';
import {
  decodeMark,
  encodeMark,
  judgeMark,
  type LeaseMark,
  type Look,
  type Marked,
  type Place,
  STALE_AFTER_MS,
} from './lease-mark.ts';

const HERE: Place = {
  host: 'host1',
  bootId: '0b0e5dd6-4c0d-4e3c-9a57-1f0d6f3f4c11',
  network: 'net:[4026531840]',
};
const THERE: Place = { ...HERE, host: 'host2', bootId: '5cf1e1f5-7a3e-4ef0-8a55-3b2b7c9f8d22' };
const MARK: LeaseMark = {
  ...THERE,
  id: '6a6f2b52-32f4-4f52-b7a1-5a2c9a0d1e33',
  pid: 4711,
  since: '2026-11-27T06:00:00.000Z',
  beat: 3,
};

describe('its text', () => {
  test('is read as it was written, also as virsh shows it', () => {
    expect(decodeMark(encodeMark(MARK))).toEqual(MARK);
    const shown = encodeMark(MARK).replace('<lease', '<sw:lease xmlns:sw="urn:switchover:lease:1"');
    expect(decodeMark(`${shown}\n\n`)).toEqual(MARK);
  });

  test('is none where there is none', () => expect(decodeMark('\n')).toBe('none'));

  test.each([
    ['no XML', 'lease'],
    ['another element’s', '<lease beat="1"/>'],
    ['without a beat', encodeMark(MARK).replace(/ beat="\d+"/, '')],
    ['with a name that would colour a terminal', encodeMark(MARK).replace('host2', 'host2\u009b31m')],
    ['with a name that ends the sentence', encodeMark(MARK).replace('host2', 'host2: all is well')],
    ['with a time of nobody’s', encodeMark(MARK).replace(/since="[^"]*"/, 'since="just now"')],
    // Found by the fuzzer.
    ['with a time of too many digits', encodeMark(MARK).replace('.000Z', `.${'0'.repeat(400)}Z`)],
  ])('is illegible where it is %s', (_, xml) => expect(decodeMark(xml)).toBe('illegible'));

  test('is not written where it could not be read again', () =>
    expect(() => encodeMark({ ...MARK, host: '"/><evil' })).toThrow());
});

describe('a second taker', () => {
  const look = (atMs: number, marked: Marked = MARK, migrating = false): Look => ({
    marked,
    atMs,
    migrating,
  });
  const beat = (count: number): LeaseMark => ({ ...MARK, beat: count });

  test('finds a domain free', () => {
    expect(judgeMark([look(0, 'none')], HERE)).toBe('free');
    expect(judgeMark([look(0), look(1000, 'none')], HERE)).toBe('free');
  });

  test('does not know at first whether the holder on another machine lives', () => {
    expect(judgeMark([look(0)], HERE)).toBe('undecided');
    expect(judgeMark([look(0), look(STALE_AFTER_MS - 1)], HERE)).toBe('undecided');
  });

  test('sees it live by its counter', () => {
    expect(judgeMark([look(0), look(10_000, beat(4))], HERE)).toBe('held');
    // Also where it stopped later: the next attempt begins anew.
    expect(judgeMark([look(0), look(10_000, beat(4)), look(90_000, beat(4))], HERE)).toBe('held');
  });

  test('takes it for dead once the counter stood still for long', () =>
    expect(judgeMark([look(0), look(20_000), look(STALE_AFTER_MS)], HERE)).toBe('left-over'));

  test('never takes it for dead while the domain migrates, for then nothing can be renewed', () => {
    expect(judgeMark([look(0, MARK, true)], HERE)).toBe('held');
    expect(judgeMark([look(0), look(10 * STALE_AFTER_MS, MARK, true)], HERE)).toBe('held');
  });

  test('counts only the time in which it could have been renewed', () => {
    const looks = [look(0), look(30_000, MARK, true), look(40_000), look(STALE_AFTER_MS)];
    expect(judgeMark(looks, HERE)).toBe('undecided');
    expect(judgeMark([...looks, look(40_000 + STALE_AFTER_MS)], HERE)).toBe('left-over');
  });

  test('sees a mark that was set while it looked as anybody’s', () =>
    expect(judgeMark([look(0, 'none'), look(60_000)], HERE)).toBe('undecided'));

  test('knows of its own machine that the holder is dead, migrating or not: it has the lease', () => {
    expect(judgeMark([look(0, { ...MARK, ...HERE })], HERE)).toBe('left-over');
    expect(judgeMark([look(0, { ...MARK, ...HERE }, true)], HERE)).toBe('left-over');
  });

  test('does not know it of another network namespace, or of the machine before it was restarted', () => {
    expect(judgeMark([look(0, { ...MARK, ...HERE, network: 'net:[4026532000]' })], HERE)).toBe('undecided');
    expect(judgeMark([look(0, { ...MARK, ...HERE, bootId: THERE.bootId })], HERE)).toBe('undecided');
  });

  test('leaves alone what it cannot read', () =>
    expect(judgeMark([look(0, 'illegible'), look(90_000, 'illegible')], HERE)).toBe('held'));
});
