import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Output } from './output.ts';
import { StreamOutlet } from './stream-outlet.ts';

test('a pipe that nobody reads holds a bounded amount, and goes on when it is read', async () => {
  const pipe = new PassThrough();
  const output = new Output(new StreamOutlet(pipe), { mostBytes: 10_000 });
  for (let line = 0; line < 20_000; line++) output.write(`line ${line} ${'x'.repeat(100)}\n`);
  expect(pipe.writableLength + pipe.readableLength).toBeLessThan(3 * pipe.writableHighWaterMark);
  let read = '';
  pipe.setEncoding('utf8').on('data', (text: string) => {
    read += text;
  });
  expect(await output.flush(60_000)).toBe(true);
  expect(read).toMatch(/^line 0 x+\n/);
  expect(read).toMatch(/\nswitchover: \d+ lines are missing here/);
  expect(read).toMatch(/\nline 19999 x+\n$/);
});

test('a reader that goes away (`| head`) ends the writing and nothing else', async () => {
  const pipe = new PassThrough();
  pipe.on('error', () => {});
  const output = new Output(new StreamOutlet(pipe));
  for (let line = 0; line < 2000; line++) output.write(`line ${line} ${'x'.repeat(100)}\n`);
  pipe.destroy(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
  expect(await output.flush(60_000)).toBe(true);
  output.write('more\n');
});

test('waiting often leaves no listeners behind', () => {
  const pipe = new PassThrough();
  const outlet = new StreamOutlet(pipe);
  let times = 0;
  for (; times < 50; times++) {
    outlet.whenRoom(() => {});
    pipe.emit('drain');
  }
  expect(pipe.listenerCount('close')).toBeLessThan(3);
});
