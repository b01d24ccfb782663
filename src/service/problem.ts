/** What goes wrong with a request, as RFC 9457 problem documents: one sentence that says what is wrong and what to do. */

import { STATUS_CODES } from 'node:http';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';

/** The statuses that the API answers with where something is wrong. */
export type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 409
  | 412
  | 413
  | 414
  | 415
  | 421
  | 422
  | 429
  | 500
  | 503;

export interface ProblemOptions extends ErrorOptions {
  /** When it may be tried again. */
  readonly retryAfterS?: number;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ProblemStatus;
  /** For programs: it stays the same when the sentence changes. */
  readonly code: string;

  readonly retryAfterS: number | undefined;

  constructor(status: ProblemStatus, code: string, sentence: string, options?: ProblemOptions) {
    super(sentence, options);
    this.retryAfterS = options?.retryAfterS;
    this.status = status;
    this.code = code;
  }
}

export const problemSchema = z
  .object({
    type: z.string().describe('about:blank: `code` tells one problem from another'),
    title: z.string().describe("the status in HTTP's words"),
    status: z.int(),
    detail: z.string().describe('what is wrong, where, and what to do'),
    code: z.string(),
  })
  .openapi('Problem', {
    example: {
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'there is not enough free memory on the destination: 4.29 GB are needed, 2.1 GB are free',
      code: 'no-memory',
    },
  });

export function problemResponse(c: Context, problem: Problem): Response {
  const { status, retryAfterS } = problem;
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (retryAfterS !== undefined) c.header('Retry-After', String(retryAfterS));
  return c.json(problemBody(problem), status, { 'Content-Type': 'application/problem+json' });
}

export function problemBody({
  status,
  code,
  message,
}: Pick<Problem, 'code' | 'message'> & { readonly status: number }): z.infer<typeof problemSchema> {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: message, code };
}
