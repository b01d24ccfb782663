/** The API's places that show migrations. What is done to them is in `migration-acts.ts`. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { documentOf, migrationDocumentSchema } from '../journal/document.ts';
import { streamEntries, streamMigrations } from './event-streams.ts';
import { journalEntrySchema } from './journal-schema.ts';
import { migrationSummarySchema } from './migration-summary.ts';
import type { Migrations } from './migrations.ts';
import { idParamSchema, listQuerySchema, replayRequestSchema, waitQuerySchema } from './requests.ts';
import { answer, BEARER, body, type Env, events, problems } from './route-parts.ts';
import { waitFor } from './wait-for.ts';

const tickSchema = z.object({
  atMs: z.number(),
  pass: z.int(),
  remainingBytes: z.number(),
  sentBytes: z.number(),
  throttlePercent: z.number(),
});

// Made anew: what was made before the OpenAPI library was loaded has none of its methods.
const documentSchema = z
  .object(migrationDocumentSchema.shape)
  .openapi('MigrationDocument', { description: 'as `switchover explain --json` prints it' });

const pageSchema = z
  .object({
    migrations: z.array(
      z
        .object({
          ...migrationSummarySchema.shape,
          document: documentSchema.optional().describe('where `documents` asks for it'),
        })
        .openapi('ListedMigration'),
    ),
    next: z
      .string()
      .nullable()
      .describe('`before` of the next page; null: this is the last; a page may be shorter than its limit'),
    problem: z.string().optional().describe('why older ones may lack: the database is away'),
  })
  .openapi('MigrationPage');

const detailSchema = z
  .object({
    ...migrationSummarySchema.shape,
    document: documentSchema,
    ticks: z.array(tickSchema).describe('timed samples, thinned'),
  })
  .openapi('Migration');

const journalSchema = z
  .object({
    id: z.string(),
    entries: z.array(journalEntrySchema).readonly(),
    problems: z.array(z.string()).readonly().describe('a sentence for each line that could not be read'),
  })
  .openapi('Journal');

const ENTRY_EVENTS = events(
  '`entry` with a JournalEntry as JSON, whose `id` is its number; `alive` every 10 s; `end` after the last one',
  'id: 0\nevent: entry\ndata: {"schema":2,"seq":0,"type":"opened"}\n\nevent: end\ndata: \n\n',
);
const SUMMARY_EVENTS = events(
  '`migration` with a MigrationSummary as JSON, for each that goes on and each that changes, at most four a second of one; `gone` with its id where nothing is kept of it; `alive` every 10 s, and once all that go on have been told',
  'event: migration\ndata: {"id":"20261129T101500.123-vm1-505f","revision":12}\n\nevent: alive\ndata: \n\n',
);

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
    .openapi({ description: 'only what follows that entry', example: '41' }),
});

export function addMigrationRoutes(app: OpenAPIHono<Env>, migrations: Migrations): void {
  app.openapi(
    createRoute({
      operationId: 'listMigrations',
      tags: ['migrations'],
      method: 'get',
      path: '/v1/migrations',
      summary: 'migrations, the newest first',
      security: BEARER,
      request: { query: listQuerySchema },
      responses: { 200: answer(pageSchema, 'a page of them'), ...problems(422) },
    }),
    async (c) => {
      const { documents, state, q, outcome, code, limit, before } = c.req.valid('query');
      const query = { state, q, outcome, code, limit, before, documents: documents === 'true' };
      return c.json(await migrations.list(query), 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'getMigration',
      tags: ['migrations'],
      method: 'get',
      path: '/v1/migrations/{id}',
      summary: 'one, with all that was seen and decided',
      security: BEARER,
      request: { params: idParamSchema, query: waitQuerySchema },
      responses: {
        200: {
          ...answer(detailSchema, 'it'),
          headers: z.object({
            ETag: z.string().openapi({ description: 'its revision, for If-Match', example: '"42"' }),
          }),
        },
        ...problems(404, 422),
      },
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
      operationId: 'getJournal',
      tags: ['migrations'],
      method: 'get',
      path: '/v1/migrations/{id}/journal',
      summary: 'all that its journal holds so far, without samples',
      security: BEARER,
      request: { params: idParamSchema },
      responses: {
        200: answer(journalSchema, 'it'),
        ...problems(404, 422),
      },
    }),
    async (c) => c.json(await migrations.journal(c.req.valid('param').id), 200),
  );

  app.openapi(
    createRoute({
      operationId: 'followMigration',
      tags: ['migrations'],
      method: 'get',
      path: '/v1/migrations/{id}/events',
      summary: 'its journal, as it is written',
      security: BEARER,
      request: { params: idParamSchema, headers: afterEntrySchema },
      responses: { 200: ENTRY_EVENTS, ...problems(404, 422) },
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
      operationId: 'followMigrations',
      tags: ['migrations'],
      method: 'get',
      path: '/v1/events',
      summary: 'those that go on, and each that changes',
      security: BEARER,
      responses: { 200: SUMMARY_EVENTS, ...problems() },
    }),
    (c) => streamMigrations(c, migrations),
  );

  app.openapi(
    createRoute({
      operationId: 'replayMigration',
      tags: ['migrations'],
      method: 'post',
      path: '/v1/migrations/{id}/replay',
      summary: 'what other policies, or other limits, would have done; changes nothing',
      security: BEARER,
      request: { params: idParamSchema, body: body(replayRequestSchema) },
      responses: { 200: answer(replayedSchema, 'of each policy'), ...problems(400, 404, 409, 413, 422) },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const policies = await migrations.replay(id, c.req.valid('json'));
      return c.json(replayedSchema.parse({ policies }), 200);
    },
  );
}
