import { describe, expect, test } from 'vitest';
import { Output, type OutputOptions } from './output.ts';

/** Takes as many bytes as it has room for, until more is made. */
class Bottleneck {
  readonly columns = 80;
  readonly isIdle = true;
  readonly isTTY: boolean;
  room: number;
  gone = false;
  written = '';
  private waiting: (() => void)[] = [];

  constructor(room: number, isTTY = true) {
    this.room = room;
    this.isTTY = isTTY;
  }

  take(bytes: Uint8Array): number | 'gone' {
    if (this.gone) return 'gone';
    const taken = bytes.subarray(0, this.room);
    this.written += Buffer.from(taken).toString();
    this.room -= taken.length;
    return taken.length;
  }

  whenRoom(callback: () => void): void {
    this.waiting.push(callback);
  }

  makeRoom(bytes: number): void {
    this.room += bytes;
    for (const callback of this.waiting.splice(0)) callback();
  }
}

function through(room: number, options: OutputOptions = {}, isTTY = true) {
  const outlet = new Bottleneck(room, isTTY);
  return { outlet, output: new Output(outlet, options) };
}

describe('lines that matter', () => {
  test('wait for room, in their order, cut anywhere', () => {
    const { outlet, output } = through(3);
    output.write('first\n');
    output.write('second\n');
    expect(outlet.written).toBe('fir');
    outlet.makeRoom(5);
    expect(outlet.written).toBe('first\nse');
    outlet.makeRoom(100);
    expect(outlet.written).toBe('first\nsecond\n');
  });

  test('the oldest go where too many wait, and their number is said in their place', () => {
    const { outlet, output } = through(3, { mostBytes: 20 });
    for (let line = 0; line < 1000; line++) output.write(`line ${line}\n`);
    outlet.makeRoom(1000);
    expect(outlet.written).toBe(
      'line 0\nswitchover: 998 lines are missing here: nobody read meanwhile\nline 999\n',
    );
    output.write('on\n');
    expect(outlet.written).toMatch(/line 999\non\n$/);
  });

  test('no line goes without being counted, whatever the room and whenever it comes', () => {
    for (let step = 1; step < 90; step++) {
      const { outlet, output } = through(0, { mostBytes: 40 });
      for (let line = 0; line < 200; line++) {
        output.write(`line ${line}\n`);
        if (line % 7 === 0) outlet.makeRoom(step);
      }
      outlet.makeRoom(1e6);
      const lines = outlet.written.trimEnd().split('\n');
      const said = lines.map((line) => /^switchover: (\d+) lines? (?:is|are) missing/.exec(line)?.[1]);
      const missing = said.reduce((sum, each) => sum + Number(each ?? 0), 0);
      expect(lines.filter((line) => /^line \d+$/.test(line)).length + missing).toBe(200);
      expect(lines.every((line) => /^line \d+$|^switchover: /.test(line))).toBe(true);
    }
  });

  test('no more than the bound waits, however long nobody reads', () => {
    const { outlet, output } = through(0, { mostBytes: 1000 });
    for (let line = 0; line < 10_000; line++) output.write('x'.repeat(99));
    outlet.makeRoom(1e7);
    expect(outlet.written.length).toBeLessThan(1200);
  });

  test('a document longer than the bound comes whole', () => {
    const { outlet, output } = through(0, { mostBytes: 10 });
    output.write('old\n');
    output.write('x'.repeat(1000));
    outlet.makeRoom(1e6);
    expect(outlet.written).toMatch(/^switchover: 1 line is missing here.*\nx{1000}$/);
  });

  test('where a program reads, what is missing is said elsewhere, once', () => {
    const said: string[] = [];
    const { outlet, output } = through(0, { mostBytes: 10, onMissing: (each) => said.push(each) });
    for (let line = 0; line < 5; line++) output.write('{"a":1}\n');
    expect(said).toEqual([]);
    outlet.makeRoom(1000);
    expect(outlet.written).toBe('{"a":1}\n');
    expect(said).toEqual([expect.stringContaining('4 lines are missing')]);
  });

  test('a reader that went away is not written to again, and nothing waits for it', async () => {
    const { outlet, output } = through(1);
    output.write('ab');
    outlet.gone = true;
    outlet.makeRoom(10);
    output.write('cd');
    expect(outlet.written).toBe('a');
    expect(await output.flush(10_000)).toBe(true);
  });
});

describe('the line that is rewritten in place', () => {
  test('makes room for whole lines', () => {
    const { outlet, output } = through(1000);
    output.live('10 %');
    output.live('20 %');
    output.write('pass 1\n');
    output.live('30 %');
    output.clearLive();
    output.clearLive();
    expect(outlet.written).toBe('\r\x1b[K10 %\r\x1b[K20 %\r\x1b[Kpass 1\n\r\x1b[K30 %\r\x1b[K');
  });

  test('is dropped, uncounted, while anything waits', () => {
    const { outlet, output } = through(2);
    output.write('ab\n');
    for (let percent = 0; percent < 100; percent++) output.live(`${percent} %`);
    outlet.makeRoom(1000);
    expect(outlet.written).toBe('ab\n');
    output.live('now');
    expect(outlet.written).toBe('ab\n\r\x1b[Know');
  });

  test('is not for files and pipes', () => {
    const { outlet, output } = through(1000, {}, false);
    output.live('10 %');
    output.write('pass 1\n');
    expect(outlet.written).toBe('pass 1\n');
  });
});

describe('at the end', () => {
  test('what waits is written as soon as it is read again', async () => {
    const { outlet, output } = through(0);
    output.write('the end\n');
    setTimeout(() => outlet.makeRoom(100), 30);
    expect(await output.flush(60_000)).toBe(true);
    expect(outlet.written).toBe('the end\n');
  });

  test('a terminal that does not read is given up after the time that was given', async () => {
    const { output } = through(0);
    output.write('the end\n');
    expect(await output.flush(30)).toBe(false);
  });
});
