import { expect, test } from 'vitest';
import { sseReader } from './sse.ts';

const TEXT =
  ': hello\r\n\r\nid: 4\nevent: entry\ndata: {"a":\ndata: 1}\n\nevent: alive\ndata\n\r\ndata:  two spaces\r\revent: none\n\n';
const EVENTS = [
  { event: 'entry', data: '{"a":\n1}', id: '4' },
  { event: 'alive', data: '', id: undefined },
  { event: 'message', data: ' two spaces', id: undefined },
];

test('events, comments, every kind of line end', () => expect(sseReader()(TEXT)).toEqual(EVENTS));

test('the same however it is cut', () => {
  for (let size = 1; size < TEXT.length; size += 1) {
    const read = sseReader();
    const found = [];
    for (let from = 0; from < TEXT.length; from += size) found.push(...read(TEXT.slice(from, from + size)));
    expect(found, `pieces of ${size}`).toEqual(EVENTS);
  }
});
