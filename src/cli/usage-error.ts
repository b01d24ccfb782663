/** The command was written wrongly. Exit status 2; the message names the option and what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
