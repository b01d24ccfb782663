/** What the API's routes share: how they say what they take and answer, and who may ask. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type Caller, mayDo, type Role } from './access.ts';
import { Problem, problemSchema } from './problem.ts';

/** What each route knows of who asks. */
export type Env = { Variables: { caller: Caller } };

const JSON_TYPE = 'application/json';
export const BEARER = [{ token: [] }, {}];

export const problems = (...statuses: readonly number[]) =>
  Object.fromEntries(
    // How often one may ask is bounded at every place.
    [...statuses, 429].map((status) => [
      status,
      { description: 'a problem', content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  );
export const answer = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { [JSON_TYPE]: { schema } },
});
export const body = <Schema extends z.ZodType>(schema: Schema, required = true) => ({
  required,
  content: { [JSON_TYPE]: { schema } },
});

export const EVENTS = {
  description: 'server-sent events',
  content: { 'text/event-stream': { schema: z.string() } },
};

/** @throws {Problem} 403 */
export function needs(c: Context<Env>, role: Role): Caller {
  const caller = c.get('caller');
  if (mayDo(caller.role, role)) return caller;
  const sentence = caller.byToken
    ? `the token ${caller.name} may ${caller.role} only: this needs ${role}`
    : 'without a token one may only look: get one by `switchover token add NAME --role operate`, or ask by the unix socket';
  throw new Problem(403, 'not-allowed', sentence);
}

/** What the one who listens says of a request. */
export interface Arrival {
  /** It came by the unix socket. Left out: it did not. */
  readonly bySocket?: boolean;
  /** It came by TLS. */
  readonly encrypted?: boolean;
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

export function arrivalOf(c: Context): Arrival {
  return (c.env ?? {}) as Arrival;
}
