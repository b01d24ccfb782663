/** What the API's routes share: how they say what they take and answer, and who may ask. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type Caller, mayDo, type Role } from './access.ts';
import { Problem, problemSchema } from './problem.ts';

/** What each route knows of who asks. */
export type Env = { Variables: { caller: Caller } };

const JSON_TYPE = 'application/json';
/** By a token; or without, by the unix socket and where no token was made yet. */
export const BEARER = [{ token: [] }, {}];

/** What the places are sorted by in the OpenAPI document. */
export const TAGS = [
  { name: 'migrations', description: 'look at migrations, start, follow, cancel and change them' },
  {
    name: 'drains',
    description: 'empty hosts: begin, follow, pause and end drains, and keep VMs away from hosts',
  },
  { name: 'plans', description: 'what a migration or a drain would come to' },
  { name: 'service', description: 'the service itself: its hosts, who may do what, and who did what' },
] as const;

/** What each status means here, wherever it may come. */
const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'the body is no JSON',
  401: 'a token is needed, or is not known here',
  403: 'the token may not do that, or a page from elsewhere asks',
  404: 'there is no such migration, drain or VM',
  409: 'refused: `code` is that of the finding, and nothing was touched',
  412: 'it has changed since the revision of If-Match',
  413: 'the body is too large',
  414: 'the URL is too long',
  415: 'the body is no JSON by its type',
  421: 'the service is not called by that name',
  422: 'what was asked for is not understood',
  429: 'asked too often, or too much is open: come back after `Retry-After`',
  500: 'a mistake of ours; it is in the log of the service',
  503: 'it cannot be done now: files, settings or the database of the service are not as they should be',
};

/** Of every place. */
const ALWAYS = [401, 414, 421, 429, 500, 503];

/** @param statuses what may come beside what may always come */
export const problems = (...statuses: readonly number[]) =>
  Object.fromEntries(
    [...ALWAYS, ...statuses]
      .sort((a, b) => a - b)
      .map((status) => [
        status,
        {
          description: PROBLEMS[status] ?? 'a problem',
          content: { 'application/problem+json': { schema: problemSchema } },
          ...(status === 401 ? { headers: z.object({ 'WWW-Authenticate': z.literal('Bearer') }) } : {}),
        },
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

/** @param what which events there are, and what their data is */
export const events = (what: string, example: string) => ({
  description: `server-sent events: ${what}`,
  content: { 'text/event-stream': { schema: z.string().openapi({ example }) } },
});

/** @throws {Problem} 403 */
export function needs(c: Context<Env>, role: Role): Caller {
  const caller = c.get('caller');
  if (mayDo(caller.role, role)) return caller;
  const sentence = caller.byToken
    ? `the token ${caller.name} may ${caller.role} only: this needs ${role}`
    : 'without a token one may only look: get one by `switchover token add NAME --role operate`, or ask by the unix socket';
  throw new Problem(403, 'not-allowed', sentence);
}

/** @returns null where it is not known any more, and by the unix socket */
export function addressOf(c: Context): string | null {
  return arrivalOf(c).incoming?.socket.remoteAddress ?? null;
}

/** Some name a type of a body that they leave out, others none. */
export async function withoutBody(c: Context, next: () => Promise<void>): Promise<void> {
  if (c.req.header('content-length') === '0') {
    const headers = new Headers(c.req.raw.headers);
    headers.set('content-type', 'application/json');
    c.req.raw = new Request(c.req.raw, { body: '{}', headers });
  }
  await next();
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
