/** The API's places of migrations. What each does is in `migrations.ts` and `starter.ts`; here is what it says to whom. */
import { createHash } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { documentOf, migrationDocumentSchema } from '../journal/document.ts';
import type { Caller } from './access.ts';
import { streamEntries, streamMigrations } from './event-streams.ts';
import { migrationSummarySchema } from './migration-summary.ts';
import type { Migrations } from './migrations.ts';
import { Problem } from './problem.ts';
import {
  cancelRequestSchema,
  idParamSchema,
  limitsRequestSchema,
  listQuerySchema,
  type StartRequest,
  startRequestSchema,
  waitQuerySchema,
} from './requests.ts';
import { answer, BEARER, body, type Env, EVENTS, needs, problems } from './route-parts.ts';
import { StartedOnce } from './started-once.ts';
import { waitFor } from './wait-for.ts';

export interface MigrationRouteParts {
  readonly migrations: Migrations;
  /** Begins one. @returns its id, once its journal is open @throws {Problem} */
  start(request: StartRequest, caller: Caller): Promise<string>;
}

const tickSchema = z.object({
  atMs: z.number(),
  pass: z.int(),
  remainingBytes: z.number(),
  sentBytes: z.number(),
  throttlePercent: z.number(),
});
const detailSchema = migrationSummarySchema
  .extend({
    document: migrationDocumentSchema.describe('as `switchover explain --json` prints it'),
    ticks: z.array(tickSchema).describe('timed samples, thinned'),
  })
  .openapi('Migration');

export function addMigrationRoutes(app: OpenAPIHono<Env>, parts: MigrationRouteParts): void {
  const { migrations } = parts;
  const started = new StartedOnce();
  app.openapi(
    createRoute({
      ...{ method: 'get', path: '/v1/migrations', summary: 'migrations, the newest first', security: BEARER },
      request: { query: listQuerySchema },
      responses: {
        200: answer(
          z.object({
            migrations: z.array(migrationSummarySchema),
            next: z.string().nullable().describe('`before` of the next page; null: this is the last'),
          }),
          'a page of them',
        ),
        ...problems(401, 422, 503),
      },
    }),
    async (c) => {
      const { q, outcome, before, ...rest } = c.req.valid('query');
      return c.json(await migrations.list({ q, outcome, before, ...rest }), 200);
    },
  );

  app.openapi(
    createRoute({
      ...{ method: 'post', path: '/v1/migrations', summary: 'start one', security: BEARER },
      request: {
        body: body(startRequestSchema),
        headers: z.object({
          'idempotency-key': z.string().max(200).optional().describe('the same key starts it once only'),
        }),
      },
      responses: {
        202: {
          ...answer(migrationSummarySchema, 'it has begun'),
          headers: z.object({ Location: z.string() }),
        },
        ...problems(400, 401, 403, 409, 413, 422, 503),
      },
    }),
    async (c) => {
      const caller = needs(c, 'operate');
      const request = c.req.valid('json');
      const key = c.req.valid('header')['idempotency-key'];
      const id = await started.once(
        key === undefined ? undefined : `${caller.name}/${key}`,
        createHash('sha256').update(JSON.stringify(request)).digest('hex'),
        async () => await parts.start(request, caller),
      );
      c.header('Location', `/v1/migrations/${encodeURIComponent(id)}`);
      return c.json(migrations.summaryOf(await migrations.get(id)), 202);
    },
  );

  const one = { request: { params: idParamSchema }, security: BEARER };
  app.openapi(
    createRoute({
      ...{
        ...one,
        method: 'get',
        path: '/v1/migrations/{id}',
        summary: 'one, with all that was seen and decided',
      },
      request: { params: idParamSchema, query: waitQuerySchema },
      responses: { 200: answer(detailSchema, 'it'), ...problems(401, 404, 422) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { wait } = c.req.valid('query');
      if (wait !== undefined) await waitFor(migrations, id, 1000 * wait, c.req.raw.signal);
      const found = await migrations.get(id);
      const summary = migrations.summaryOf(found);
      c.header('ETag', `"${summary.revision}"`);
      const ticks = found.ticks.map(({ atMs, pass, remainingBytes, sentBytes, throttlePercent }) => ({
        ...{ atMs, pass, remainingBytes, sentBytes, throttlePercent },
      }));
      return c.json({ ...summary, document: documentOf(found.view), ticks }, 200);
    },
  );

  app.openapi(
    createRoute({
      ...{
        ...one,
        method: 'post',
        path: '/v1/migrations/{id}/cancel',
        summary: 'cancel it: the guest stays on the source',
      },
      request: { params: idParamSchema, body: body(cancelRequestSchema, false) },
      responses: {
        202: answer(migrationSummarySchema, 'it is cancelled'),
        ...problems(401, 403, 404, 409, 412, 503),
      },
    }),
    async (c) => {
      const { name } = needs(c, 'operate');
      const { id } = c.req.valid('param');
      await assertUnchanged(c, migrations, id);
      const { reason } = (c.req.valid('json') as { reason?: string } | undefined) ?? {};
      await migrations.cancel(id, `cancelled by ${name}${reason === undefined ? '' : `: ${reason}`}`);
      return c.json(migrations.summaryOf(await migrations.get(id)), 202);
    },
  );

  app.openapi(
    createRoute({
      ...{
        ...one,
        method: 'post',
        path: '/v1/migrations/{id}/limits',
        summary: 'change its limits while it runs',
      },
      request: { params: idParamSchema, body: body(limitsRequestSchema) },
      responses: {
        200: answer(migrationSummarySchema, 'they hold'),
        ...problems(400, 401, 403, 404, 409, 412, 422),
      },
    }),
    async (c) => {
      needs(c, 'operate');
      const { id } = c.req.valid('param');
      await assertUnchanged(c, migrations, id);
      await migrations.setLimits(id, defined(c.req.valid('json')));
      return c.json(migrations.summaryOf(await migrations.get(id)), 200);
    },
  );

  app.openapi(
    createRoute({
      ...{
        ...one,
        method: 'get',
        path: '/v1/migrations/{id}/events',
        summary: 'its journal, as it is written',
      },
      request: {
        params: idParamSchema,
        headers: z.object({
          'last-event-id': z
            .string()
            .regex(/^\d{1,15}$/, 'give the number of an entry')
            .optional()
            .describe('only what follows it'),
        }),
      },
      responses: { 200: EVENTS, ...problems(401, 404, 422) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const last = c.req.valid('header')['last-event-id'];
      await migrations.get(id);
      return streamEntries(c, migrations, id, last === undefined ? 0 : Number(last) + 1);
    },
  );
  app.openapi(
    createRoute({
      ...{
        method: 'get',
        path: '/v1/events',
        summary: 'those that go on, and each that changes',
        security: BEARER,
      },
      responses: { 200: EVENTS, ...problems(401) },
    }),
    (c) => streamMigrations(c, migrations),
  );
}

/** @throws {Problem} 412 where the caller acts on what it has not seen */
async function assertUnchanged(c: Context<Env>, migrations: Migrations, id: string): Promise<void> {
  const seen = c.req.header('if-match');
  if (seen === undefined || seen === '*') return;
  const { revision } = migrations.summaryOf(await migrations.get(id));
  if (seen !== `"${revision}"`)
    throw new Problem(
      412,
      'changed-meanwhile',
      `the migration ${id} is at revision ${revision}, not ${seen}: look again`,
    );
}

function defined<T extends object>(given: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
