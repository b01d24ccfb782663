/**
 * What becomes of a guest's pages when they are compressed, by a sample that is read from the process that holds them, while
 * it runs. Only pages that are there are read, so that nothing comes into being by being looked at. They are looked at twice:
 * what changed in between the guest writes, and that is what a stop-and-copy has to send.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
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

/** Between the two looks at a page. */
const BETWEEN_LOOKS_MS = 400;

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

/** The pages of a span, by where in it they lie. */
type Span = ReadonlyMap<number, Buffer>;

/** @param read the pages of a span that are there */
export async function sampled(
  memoryBytes: number,
  read: (firstPage: number) => Promise<Span>,
  betweenLooksMs = BETWEEN_LOOKS_MS,
): Promise<PageSample | undefined> {
  const pages = Math.floor(memoryBytes / PAGE_BYTES);
  const looks: { first: number; before: Span }[] = [];
  const held = new Compressed();
  for (let span = 0; span < SPANS; span += 1) {
    const first = Math.floor((span * pages) / SPANS);
    const before = await read(first);
    looks.push({ first, before });
    held.add([...before.values()]);
  }
  if (held.bytes < FEWEST_PAGES * PAGE_BYTES) return undefined;

  await delay(betweenLooksMs);
  const written = new Compressed();
  for (const { first, before } of looks) {
    const now = await read(first);
    written.add([...now].flatMap(([at, page]) => (before.get(at)?.equals(page) ? [] : [page])));
  }
  const { bytes, compressedBytes, tookUs } = held;
  return {
    ...{ bytes, compressedBytes, bytesPerSecond: (bytes / Math.max(1, tookUs)) * 1e6 },
    writtenLeft: written.bytes < FEWEST_PAGES * PAGE_BYTES ? undefined : written.left,
  };
}

/** What becomes of pages. Those of zeros are left out. */
class Compressed {
  bytes = 0;
  compressedBytes = 0;
  /** Of the processor's time: how much of it is free is another question. */
  tookUs = 0;

  get left(): number {
    return this.compressedBytes / this.bytes;
  }

  /** A span's, which takes a few milliseconds. */
  add(pages: readonly Buffer[]): void {
    const content = Buffer.concat(pages.filter((page) => !page.equals(ZERO_PAGE)));
    if (content.length === 0) return;
    const began = process.cpuUsage();
    this.compressedBytes += zstdCompressSync(content, LEVEL).length;
    const { user, system } = process.cpuUsage(began);
    this.tookUs += user + system;
    this.bytes += content.length;
  }
}

async function readSpan(
  pagemap: FileHandle,
  memory: FileHandle,
  start: number,
  firstPage: number,
): Promise<Span> {
  const entries = Buffer.alloc(SPAN_PAGES * ENTRY_BYTES);
  const at = start / PAGE_BYTES + firstPage;
  const { bytesRead } = await pagemap.read(entries, 0, entries.length, at * ENTRY_BYTES);
  const pages = new Map<number, Buffer>();
  for (let page = 0; page < bytesRead / ENTRY_BYTES; page += 1) {
    const top = entries[page * ENTRY_BYTES + ENTRY_BYTES - 1] ?? 0;
    if ((top & PRESENT) === 0) continue;
    const content = Buffer.alloc(PAGE_BYTES);
    const read = await memory.read(content, 0, PAGE_BYTES, (at + page) * PAGE_BYTES);
    if (read.bytesRead === PAGE_BYTES) pages.set(page, content);
  }
  return pages;
}
