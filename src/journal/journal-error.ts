/** The journal cannot be opened, read or trusted; the message says where and what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}
