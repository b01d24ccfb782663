import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LinesFile } from './lines-file.ts';

let folder: string;
let file: string;
/** What every open file of this process can do. */
let handles: fs.promises.FileHandle;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-lines-'));
  file = path.join(folder, 'x');
  const any = await fs.promises.open(os.devNull);
  handles = Object.getPrototypeOf(any);
  await any.close();
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

const text = () => fs.readFileSync(file, 'utf8');

/** The next write takes that many bytes and the one after it fails, as on a disk that gets full. */
function fillDiskAfter(bytes: number): void {
  vi.spyOn(handles, 'write')
    .mockImplementationOnce(async function (this: fs.promises.FileHandle, data: Buffer) {
      fs.writeSync(this.fd, data.subarray(0, bytes));
      return { bytesWritten: bytes, buffer: data };
    } as never)
    .mockRejectedValueOnce(Object.assign(new Error('full'), { code: 'ENOSPC' }));
}

test('lines are added, and a file that is there is not taken for a new one', async () => {
  const lines = await LinesFile.create(file);
  await lines.append(['a', 'ü']);
  await lines.append([]);
  await lines.append(['c']);
  await lines.close();
  expect(text()).toBe('a\nü\nc\n');
  await expect(LinesFile.create(file)).rejects.toMatchObject({ code: 'EEXIST' });
});

test('a write that fails half way leaves nothing of it', async () => {
  const lines = await LinesFile.create(file);
  await lines.append(['a']);
  fillDiskAfter(4);
  await expect(lines.append(['bbb', 'ccc'])).rejects.toThrow('full');
  expect(text()).toBe('a\n');
  await lines.append(['d']);
  expect(text()).toBe('a\nd\n');
  await lines.close();
});

test('where it cannot be taken back either, the next line stands on its own', async () => {
  const lines = await LinesFile.create(file);
  await lines.append(['a']);
  fillDiskAfter(2);
  vi.spyOn(handles, 'truncate').mockRejectedValueOnce(new Error('no'));
  await expect(lines.append(['bbb'])).rejects.toThrow('full');
  fillDiskAfter(3);
  await expect(lines.append(['ccc'])).rejects.toThrow('full');
  await lines.append(['d']);
  await lines.append(['e']);
  expect(text()).toBe('a\nbb\nd\ne\n');
  await lines.close();
});

test.each([
  ['', ''],
  ['torn', ''],
  ['a\ntorn', 'a\n'],
  ['a\nb\n', 'a\nb\n'],
  [`a\n${'x'.repeat(200_000)}`, 'a\n'],
])('of %j, what is not torn is gone on with', async (before, whole) => {
  fs.writeFileSync(file, before, { mode: 0o600 });
  const lines = await LinesFile.continue(file);
  expect(text()).toBe(whole);
  await lines.append(['next']);
  expect(text()).toBe(`${whole}next\n`);
  await lines.close();
});
