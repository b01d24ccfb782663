const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  EIO: 'the disk reports an error',
  ENOENT: 'no such file',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it exists already',
  EISDIR: 'it is a folder',
  ELOOP: 'it is a symbolic link',
};

/** The file system's reason in words. */
export function errnoWords(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return (code && WORDS[code]) ?? code ?? String(error);
}
