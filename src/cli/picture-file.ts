/** The file of --svg. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../migration/journal-file.ts';
import { UsageError } from './usage-error.ts';

/** Before the work: what cannot be written is not worth a probe or a simulation. @throws {UsageError} */
export function assertPictureWritable(file: string | undefined): void {
  if (file !== undefined) touching(file, () => accessSync(path.dirname(path.resolve(file)), constants.W_OK));
}

/** @param svg a whole document @throws {UsageError} */
export function writePicture(file: string, svg: string): void {
  touching(file, () => writeFileSync(file, svg));
}

function touching(file: string, touch: () => void): void {
  try {
    touch();
  } catch (cause) {
    throw new UsageError(`--svg ${file} cannot be written (${errorCode(cause)})`, { cause });
  }
}
