/** The store cannot be started, reached or used; the message says what is wrong, where, and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** PostgreSQL's own code, where it answered: https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly sqlState?: string | undefined } = {}) {
    super(message, options);
    this.sqlState = options.sqlState;
  }

  /** Stands in brackets within other sentences. */
  override toString(): string {
    return this.message;
  }
}
