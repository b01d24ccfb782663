import type { Problem } from './generated/api.ts';

/** The service answered, and not with what was asked for. Its message is the service's own sentence. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** HTTP's. */
  readonly status: number;
  /** For programs: it stays the same when the sentence changes. */
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

/** @param body what came in place of what was asked for */
export function serviceErrorOf(status: number, body: unknown, where: string): ServiceError {
  const { detail, code } = (typeof body === 'object' ? (body ?? {}) : {}) as Partial<Problem>;
  if (typeof detail === 'string' && typeof code === 'string') return new ServiceError(status, code, detail);
  return new ServiceError(
    status,
    'no-switchover',
    `what answers at ${where} is no service of switchover, or stands before one that does not answer: it said ${status}`,
  );
}
