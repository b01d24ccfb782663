/**
 * The cpio format that the kernel unpacks as its first root folder ("newc": man 5 cpio, and the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * Written here because it takes these few lines, needs no package, and can hold device nodes without root.
 */

/** A file of the archive. Folders must come before what they hold. */
export type NewcEntry =
  | {
      readonly kind: 'folder';
      readonly path: string;
      readonly permissions: number;
      readonly owner?: number;
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly permissions: number;
      readonly content: Uint8Array;
      /** User and group. Default 0: root. */
      readonly owner?: number;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'character-device';
      readonly path: string;
      readonly permissions: number;
      readonly major: number;
      readonly minor: number;
    };

const TYPE_BITS = { folder: 0o040000, file: 0o100000, link: 0o120000, 'character-device': 0o020000 };

/** @returns the archive, byte for byte the same for the same entries (no times, no inode numbers of the host) */
export function newcArchive(entries: readonly NewcEntry[]): Buffer {
  const parts = entries.map((entry, index) => record(entry, index + 1));
  parts.push(record({ kind: 'file', path: 'TRAILER!!!', permissions: 0, content: Buffer.alloc(0) }, 0));
  return Buffer.concat(parts);
}

function record(entry: NewcEntry, inode: number): Buffer {
  const content = contentOf(entry);
  const owner = 'owner' in entry ? (entry.owner ?? 0) : 0;
  const device = entry.kind === 'character-device' ? entry : { major: 0, minor: 0 };
  const name = Buffer.from(`${entry.path}\0`);
  const fields = [
    inode,
    TYPE_BITS[entry.kind] | (entry.kind === 'link' ? 0o777 : entry.permissions),
    owner,
    owner, // the group
    entry.kind === 'folder' ? 2 : 1, // links
    0, // modified: never, so that equal input gives equal bytes
    content.length,
    0, // the device that holds the file
    0,
    device.major,
    device.minor,
    name.length,
    0, // checksum, unused in this variant
  ];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(content)]);
}

function contentOf(entry: NewcEntry): Uint8Array {
  if (entry.kind === 'file') return entry.content;
  return Buffer.from(entry.kind === 'link' ? entry.target : '');
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
