import { describe, expect, test } from 'vitest';
import { parseEntry } from './parse-entry.ts';
import { EVERY_HAPPENING } from './testing/happenings.ts';

const stamp = { schema: 2, seq: 7, time: '2026-11-22T19:57:48.123Z', atMs: 1.5 };
const parse = (entry: object) => parseEntry(JSON.stringify(entry), 'x.jsonl:3');

describe('an entry of each kind', () => {
  test.each(EVERY_HAPPENING)('$type is read as it was written', (happening) =>
    expect(parse({ ...stamp, ...happening })).toEqual({ entry: { ...stamp, ...happening } }),
  );

  test.each(EVERY_HAPPENING)('$type keeps keys that a newer switchover adds', (happening) =>
    expect(parse({ ...stamp, ...happening, later: { a: 1 } }).entry).toMatchObject({ later: { a: 1 } }),
  );
});

test('what schema 1 did not keep is null', () => {
  const [opened] = EVERY_HAPPENING;
  if (opened?.type !== 'opened') throw new Error('the first happening opens');
  const { vmUuid, initiator, reason, correlationId, continues, inherits, destinationWaits, ...old } = opened;
  expect(parse({ ...stamp, schema: 1, ...old }).entry).toMatchObject({
    vmUuid: null,
    initiator: null,
    reason: null,
    correlationId: null,
    continues: null,
    inherits: [],
    destinationWaits: false,
  });
});

test('figures that JSON cannot hold come back as none', () => {
  const tick = { kind: 'tick', atMs: 1, pass: 1, remainingBytes: 1, totalBytes: 1, throttlePercent: 0 };
  expect(parse({ ...stamp, type: 'tick', tick: { ...tick, sentBytes: Number.NaN } }).entry).toMatchObject({
    tick: { sentBytes: Number.NaN },
  });
});

// Audit 26: journals were cast and never validated.
describe('what is no entry is told in one sentence, with its place', () => {
  test.each([
    ['not json', 'x.jsonl:3 is not JSON: the journal is damaged or is no journal'],
    ['null', 'x.jsonl:3 is no journal entry: it needs schema, type, seq, time and atMs'],
    ['{"a":1}', 'x.jsonl:3 is no journal entry: it needs schema, type, seq, time and atMs'],
    [
      JSON.stringify({ ...stamp, schema: 99, type: 'opened' }),
      'x.jsonl:3 has schema 99, this switchover reads up to 2: use a newer switchover',
    ],
    [
      JSON.stringify({ ...stamp, schema: 0, type: 'opened' }),
      'x.jsonl:3 has schema 0, this switchover reads from 1 on: use the switchover that wrote it',
    ],
    [
      JSON.stringify({ ...stamp, type: 'toString' }),
      'x.jsonl:3 is of the kind "toString", which this switchover does not know',
    ],
    [
      JSON.stringify({ ...stamp, type: 'effect', did: 7 }),
      'x.jsonl:3 is not valid: did: Invalid input: expected string, received number',
    ],
    [
      JSON.stringify({ ...stamp, type: 'ended', outcome: { outcome: 'completed' } }),
      expect.stringMatching(/^x.jsonl:3 is not valid: outcome.runsOn: /),
    ],
  ])('%s', (line, problem) => expect(parseEntry(line, 'x.jsonl:3')).toEqual({ problem }));
});

describe('found by the fuzzer', () => {
  test.each([-1, 1.5, 1e300])('an entry had the number %d', (seq) => {
    const line = JSON.stringify({ ...stamp, seq, type: 'status', status: 'active' });
    expect(parseEntry(line, 'x.jsonl:3').problem).toMatch(/^x.jsonl:3 is no journal entry/);
  });

  test('a problem was as long as the line', () => {
    const line = JSON.stringify({ ...stamp, type: 'x'.repeat(100_000) });
    expect(parseEntry(line, 'x.jsonl:3').problem?.length).toBeLessThan(500);
  });
});
