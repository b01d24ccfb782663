/** The API's places that show migrations. What is done to them is in `migration-acts.ts`. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { documentOf, migrationDocumentSchema } from '../journal/document.ts';
import { streamEntries, streamMigrations } from './event-streams.ts';
import { migrationSummarySchema } from './migration-summary.ts';
import type { Migrations } from './migrations.ts';
import { idParamSchema, listQuerySchema, replayRequestSchema, waitQuerySchema } from './requests.ts';
import { answer, BEARER, body, type Env, EVENTS, problems } from './route-parts.ts';
import { waitFor } from './wait-for.ts';

const tickSchema = z.object({
  atMs: z.number(),
  pass: z.int(),
  remainingBytes: z.number(),
  sentBytes: z.number(),
  throttlePercent: z.number(),
});

const pageSchema = z.object({
  migrations: z.array(migrationSummarySchema),
  next: z
    .string()
    .nullable()
    .describe('`before` of the next page; null: this is the last; a page may be shorter than its limit'),
  problem: z.string().optional().describe('why older ones may lack: the database is away'),
});

const detailSchema = migrationSummarySchema
  .extend({
    document: migrationDocumentSchema.describe('as `switchover explain --json` prints it'),
    ticks: z.array(tickSchema).describe('timed samples, thinned'),
  })
  .openapi('Migration');

const replayedSchema = z
  .object({
    policies: z.array(
      z.object({
        policy: z.string(),
        verdict: z.enum(['switchover', 'throttle', 'suspend', 'post-copy', 'abort', 'fits', 'undecided']),
        pass: z.int(),
        atMs: z.number(),
        remainingBytes: z.number(),
        sentBytes: z.number(),
        pauseForecastMs: z.number().optional(),
        reason: z.string(),
      }),
    ),
  })
  .openapi('Replayed');

const afterEntrySchema = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'give the number of an entry')
    .optional()
    .describe('only what follows it'),
});

export function addMigrationRoutes(app: OpenAPIHono<Env>, migrations: Migrations): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/migrations',
      summary: 'migrations, the newest first',
      security: BEARER,
      request: { query: listQuerySchema },
      responses: { 200: answer(pageSchema, 'a page of them'), ...problems(401, 422, 503) },
    }),
    async (c) => {
      const { state, q, outcome, code, limit, before } = c.req.valid('query');
      return c.json(await migrations.list({ state, q, outcome, code, limit, before }), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/migrations/{id}',
      summary: 'one, with all that was seen and decided',
      security: BEARER,
      request: { params: idParamSchema, query: waitQuerySchema },
      responses: { 200: answer(detailSchema, 'it'), ...problems(401, 404, 422, 503) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { wait } = c.req.valid('query');
      if (wait !== undefined) await waitFor(migrations, id, 1000 * wait, c.req.raw.signal);
      const found = await migrations.get(id);
      const summary = migrations.summaryOf(found);
      c.header('ETag', `"${summary.revision}"`);
      // Not by the schema: it takes longer for a thousand of them than all the rest.
      const ticks = found.ticks.map(
        ({ atMs, pass, remainingBytes, sentBytes, throttlePercent }): z.infer<typeof tickSchema> => ({
          ...{ atMs, pass, remainingBytes, sentBytes, throttlePercent },
        }),
      );
      return c.json({ ...summary, document: documentOf(found.view), ticks }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/migrations/{id}/events',
      summary: 'its journal, as it is written',
      security: BEARER,
      request: { params: idParamSchema, headers: afterEntrySchema },
      responses: { 200: EVENTS, ...problems(401, 404, 422, 503) },
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
      method: 'get',
      path: '/v1/events',
      summary: 'those that go on, and each that changes',
      security: BEARER,
      responses: { 200: EVENTS, ...problems(401) },
    }),
    (c) => streamMigrations(c, migrations),
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/migrations/{id}/replay',
      summary: 'what other policies, or other limits, would have done; changes nothing',
      security: BEARER,
      request: { params: idParamSchema, body: body(replayRequestSchema) },
      responses: { 200: answer(replayedSchema, 'of each policy'), ...problems(400, 401, 404, 409, 422) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const policies = await migrations.replay(id, c.req.valid('json'));
      return c.json(replayedSchema.parse({ policies }), 200);
    },
  );
}
