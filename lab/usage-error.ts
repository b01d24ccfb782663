/** What was asked for cannot be done as it was put. One sentence; the command ends with status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
