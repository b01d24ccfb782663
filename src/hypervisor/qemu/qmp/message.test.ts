import { describe, expect, test } from 'vitest';
import { parseMessage } from './message.ts';

const parse = (line: string) => parseMessage(Buffer.from(line));

test('the greeting of QEMU 10.0.2', () => {
  const line =
    '{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": "Debian 1:10.0.2"}, "capabilities": ["oob"]}}';
  expect(parse(line)).toEqual({
    kind: 'greeting',
    version: { major: 10, minor: 0, micro: 2, package: 'Debian 1:10.0.2' },
    oob: true,
  });
});

test('a greeting with unknown fields, without package and without oob', () => {
  const line =
    '{"QMP": {"version": {"qemu": {"micro": 1, "minor": 2, "major": 99, "nano": 7}}, "capabilities": ["warp"], "new": 1}, "more": 2}';
  expect(parse(line)).toEqual({
    kind: 'greeting',
    version: { major: 99, minor: 2, micro: 1, package: '' },
    oob: false,
  });
});

test('an event: the timestamp becomes milliseconds with the microseconds as the fraction', () => {
  const line =
    '{"timestamp": {"seconds": 1795378218, "microseconds": 729798}, "event": "MIGRATION_PASS", "data": {"pass": 2}}';
  expect(parse(line)).toEqual({
    kind: 'event',
    name: 'MIGRATION_PASS',
    data: { pass: 2 },
    timestampMs: 1795378218729.798,
  });
});

test('an event without data', () => {
  const line = '{"timestamp": {"seconds": 1, "microseconds": 0}, "event": "STOP"}';
  expect(parse(line)).toEqual({ kind: 'event', name: 'STOP', data: {}, timestampMs: 1000 });
});

test.each(['{"timestamp": {"seconds": -1, "microseconds": -1}, "event": "STOP"}', '{"event": "STOP"}'])(
  'QEMU that cannot tell the time: %s',
  (line) => {
    expect(parse(line)).toMatchObject({ kind: 'event', timestampMs: undefined });
  },
);

test('a return value, of any type', () => {
  expect(parse('{"return": {}, "id": "a-1"}')).toEqual({ kind: 'return', id: 'a-1', value: {} });
  expect(parse('{"return": null, "id": 7}')).toEqual({ kind: 'return', id: 7, value: null });
  expect(parse('{"return": []}')).toEqual({ kind: 'return', id: undefined, value: [] });
});

test('an error', () => {
  const line = '{"id": "a-1", "error": {"class": "GenericError", "desc": "no"}}';
  expect(parse(line)).toEqual({ kind: 'error', id: 'a-1', errorClass: 'GenericError', desc: 'no' });
});

test.each(['', 'garbage', '{"return": {}', 'SSH-2.0-OpenSSH_9.2'])('not JSON: %j', (line) => {
  expect(parse(line)).toEqual({ kind: 'invalid', fault: 'not-json' });
});

test.each([
  '{}',
  '[]',
  '7',
  'null',
  '"QMP"',
  '{"event": 7}',
  '{"error": "no"}',
  '{"QMP": {}}',
  '{"QMP": {"version": {"qemu": {}}}}',
])('JSON that is no message: %s', (line) => {
  expect(parse(line)).toEqual({ kind: 'invalid', fault: 'not-a-message' });
});

describe('found by the fuzzer', () => {
  test('an object that cannot be made text was an error that nobody caught', () => {
    const object = '{"toString": 1, "valueOf": null}';
    expect(parse(`{"error": {"class": ${object}, "desc": ${object}}, "id": "a-1"}`)).toEqual({
      ...{ kind: 'error', id: 'a-1', errorClass: 'of no class', desc: 'without a word' },
    });
    const greeting = `{"QMP": {"version": {"qemu": {"major": 9, "minor": 1, "micro": 0}, "package": ${object}}}}`;
    expect(parse(greeting)).toMatchObject({ kind: 'greeting', version: { package: '' } });
  });

  test('an event was at a time without end', () => {
    const line = '{"timestamp": {"seconds": 1e308, "microseconds": 1e308}, "event": "STOP"}';
    expect(parse(line)).toMatchObject({ kind: 'event', timestampMs: undefined });
  });

  test.each(['1e999', '-1', '1.5'])('a version had %s for a number', (major) => {
    const line = `{"QMP": {"version": {"qemu": {"major": ${major}, "minor": 1, "micro": 0}}}}`;
    expect(parse(line)).toEqual({ kind: 'invalid', fault: 'not-a-message' });
  });
});
