import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sampled, samplePages, startOfMemory } from './page-sample.ts';

const MIB = 2 ** 20;
const SPAN = 128 * 4096;

describe('the sample', () => {
  const spanOf = (content: Buffer) =>
    new Map(
      Array.from({ length: content.length / 4096 }, (_, page) => [
        page,
        content.subarray(4096 * page, 4096 * (page + 1)),
      ]),
    );
  /** The same pages everywhere, one content at each look. */
  const memory = (before: Buffer, after = before) => {
    let looks = 0;
    return sampled(512 * MIB, async () => spanOf(looks++ < 16 ? before : after), 0);
  };

  test('tells what is left of pages, and how fast that was', async () => {
    const text = Buffer.from('memory '.repeat(SPAN)).subarray(0, SPAN);
    const sample = await memory(text);
    expect(sample?.bytes).toBe(16 * SPAN);
    expect(sample?.compressedBytes).toBeLessThan(0.01 * 16 * SPAN);
    expect(sample?.bytesPerSecond).toBeGreaterThan(1e6);
    const random = await memory(randomBytes(SPAN));
    expect(random?.compressedBytes).toBeGreaterThan(0.99 * 16 * SPAN);
  });

  test('is of pages that hold something: zeros cost nothing, and nothing is no sample', async () => {
    expect(await memory(Buffer.alloc(SPAN))).toBeUndefined();
    const half = Buffer.concat([randomBytes(SPAN / 2), Buffer.alloc(SPAN / 2)]);
    expect((await memory(half))?.bytes).toBe(8 * SPAN);
  });

  test('tells apart what is left of pages that the guest writes', async () => {
    const text = Buffer.from('memory '.repeat(SPAN)).subarray(0, SPAN);
    expect((await memory(text))?.writtenLeft).toBeUndefined();
    const rewritten = Buffer.concat([randomBytes(SPAN / 4), text.subarray(SPAN / 4)]);
    const sample = await memory(text, rewritten);
    expect(sample?.compressedBytes).toBeLessThan(0.01 * 16 * SPAN);
    expect(sample?.writtenLeft).toBeGreaterThan(0.99);
    // A few pages say nothing of the rest: three in all here.
    let looks = 0;
    const few = Buffer.concat([randomBytes(3 * 4096), text.subarray(3 * 4096)]);
    const seldom = await sampled(512 * MIB, async () => spanOf(looks++ === 16 ? few : text), 0);
    expect(seldom?.writtenLeft).toBeUndefined();
  });

  test('is taken evenly from all of the memory', async () => {
    const asked: number[] = [];
    await sampled(512 * MIB, async (first) => {
      asked.push(first);
      return new Map();
    });
    expect(asked).toHaveLength(16);
    expect(asked[0]).toBe(0);
    expect(asked.at(-1)).toBe((15 / 16) * 512 * 256);
  });
});

describe('the guest’s memory', () => {
  const maps = [
    '55d0c0000000-55d0c0400000 r-xp 00000000 fe:00 1 /usr/bin/qemu-system-x86_64',
    '7f0000000000-7f0020200000 rw-p 00000000 00:00 0 ',
    '7f0040000000-7f0040021000 rw-p 00000000 00:00 0 ',
  ].join('\n');

  test('is the one mapping of its size', () => {
    expect(startOfMemory(maps, 512 * MIB)).toBe(0x7f0000000000);
    expect(startOfMemory(maps, 1024 * MIB)).toBeUndefined();
  });

  test('of a process that is not there is not read', async () => {
    expect(await samplePages(2 ** 22 + 1, 512 * MIB)).toBeUndefined();
  });

  test('is read from a process that holds it', async () => {
    // This one: a mapping of its own, filled with what compresses.
    const bytes = 192 * MIB;
    const held = Buffer.alloc(bytes, 'memory ');
    const sample = await samplePages(process.pid, bytes);
    expect(held[0]).toBe('m'.charCodeAt(0));
    expect(sample?.compressedBytes).toBeLessThan(0.05 * (sample?.bytes ?? 0));
  });
});
