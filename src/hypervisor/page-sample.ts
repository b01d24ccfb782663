/**
 * What becomes of a guest's pages when they are compressed, by a sample that is read from the process that holds them, while
 * it runs. Only pages that are there are read, so that nothing comes into being by being looked at.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import type { PageSample } from '../model/compression.ts';
import { PAGE_BYTES } from '../model/qemu-constants.ts';
import { JOINED_BYTES } from './process-memory.ts';

/** As many pages as QEMU compresses at once (migration/multifd.h: MULTIFD_PACKET_SIZE). */
const SPAN_PAGES = 128;
/** Evenly through the memory: 8 MiB where all of it is there. */
const SPANS = 16;
/** Fewer pages say nothing of the rest. */
const FEWEST_PAGES = 64;

/** Documentation/admin-guide/mm/pagemap.rst: 8 bytes for each page, the highest bit set where it is in memory. */
const ENTRY_BYTES = 8;
const PRESENT = 0x80;

const ZERO_PAGE = Buffer.alloc(PAGE_BYTES);
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * @param pid of QEMU's process
 * @returns undefined where the process is not ours to look into, or holds too little of the guest
 */
export async function samplePages(pid: number, memoryBytes: number): Promise<PageSample | undefined> {
  try {
    await using maps = await open(`/proc/${pid}/maps`);
    const start = startOfMemory(await maps.readFile('utf8'), memoryBytes);
    if (start === undefined) return undefined;
    await using pagemap = await open(`/proc/${pid}/pagemap`);
    await using memory = await open(`/proc/${pid}/mem`);
    return await sampled(memoryBytes, (firstPage) => readSpan(pagemap, memory, start, firstPage));
  } catch {
    // No Linux, no right to, or the process has ended.
    return undefined;
  }
}

/** @param maps as in /proc/PID/maps @returns where the one mapping begins that looks like the guest's memory */
export function startOfMemory(maps: string, memoryBytes: number): number | undefined {
  for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
    const [start, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)];
    const excess = end - start - memoryBytes;
    if (excess >= 0 && excess < JOINED_BYTES) return start;
  }
  return undefined;
}

/** @param read the pages of a span that are there, one after the other */
export async function sampled(
  memoryBytes: number,
  read: (firstPage: number) => Promise<Buffer>,
): Promise<PageSample | undefined> {
  const pages = Math.floor(memoryBytes / PAGE_BYTES);
  let bytes = 0;
  let compressedBytes = 0;
  let tookUs = 0;
  for (let span = 0; span < SPANS; span += 1) {
    const first = Math.floor((span * pages) / SPANS);
    const content = withoutZeroPages(await read(first));
    if (content.length === 0) continue;
    // By the processor's time: how much of it is free is another question. A span takes a few milliseconds.
    const began = process.cpuUsage();
    compressedBytes += zstdCompressSync(content, LEVEL).length;
    const { user, system } = process.cpuUsage(began);
    tookUs += user + system;
    bytes += content.length;
  }
  if (bytes < FEWEST_PAGES * PAGE_BYTES) return undefined;
  return { bytes, compressedBytes, bytesPerSecond: (bytes / Math.max(1, tookUs)) * 1e6 };
}

function withoutZeroPages(pages: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at < pages.length; at += PAGE_BYTES) {
    const page = pages.subarray(at, at + PAGE_BYTES);
    if (!page.equals(ZERO_PAGE)) kept.push(page);
  }
  return Buffer.concat(kept);
}

async function readSpan(
  pagemap: FileHandle,
  memory: FileHandle,
  start: number,
  firstPage: number,
): Promise<Buffer> {
  const entries = Buffer.alloc(SPAN_PAGES * ENTRY_BYTES);
  const at = start / PAGE_BYTES + firstPage;
  const { bytesRead } = await pagemap.read(entries, 0, entries.length, at * ENTRY_BYTES);
  const pages: Buffer[] = [];
  for (let page = 0; page < bytesRead / ENTRY_BYTES; page += 1) {
    const top = entries[page * ENTRY_BYTES + ENTRY_BYTES - 1] ?? 0;
    if ((top & PRESENT) === 0) continue;
    const content = Buffer.alloc(PAGE_BYTES);
    const read = await memory.read(content, 0, PAGE_BYTES, (at + page) * PAGE_BYTES);
    if (read.bytesRead === PAGE_BYTES) pages.push(content);
  }
  return Buffer.concat(pages);
}
