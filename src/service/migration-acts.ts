/** The API's places that start, end or change a migration, or plan one. Each that changes anything is written into the audit. */
import { createHash } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { definedOnly } from '../config/defined-only.ts';
import { documentOf, type Planned, planDocumentSchema } from '../plan/document.ts';
import { planText } from '../plan/plan-text.ts';
import { PEER_NAMES } from '../policy/peers/peer-names.ts';
import type { Caller } from './access.ts';
import { type Audit, type AuditEntry, auditEntrySchema } from './audit.ts';
import { type MigrationSummary, migrationSummarySchema } from './migration-summary.ts';
import type { Migrations } from './migrations.ts';
import { Problem } from './problem.ts';
import {
  idParamSchema,
  ifMatchSchema,
  limitsRequestSchema,
  type PlanRequest,
  planRequestSchema,
  reasonRequestSchema,
  type StartRequest,
  startRequestSchema,
} from './requests.ts';
import { addressOf, answer, BEARER, body, type Env, needs, problems, withoutBody } from './route-parts.ts';
import type { StartedKeys } from './started-keys.ts';
import { type Begins, StartedOnce } from './started-once.ts';

export interface ActParts {
  readonly migrations: Migrations;
  readonly audit: Audit;
  readonly startedKeys: StartedKeys;
  /** Begins one. @param begins hears of it before anything is done @returns its id, once its journal is open @throws {Problem} */
  start(request: StartRequest, caller: Caller, begins: Begins): Promise<string>;
  /** @throws {Problem} */
  plan(request: PlanRequest): Promise<Planned>;
}

const planSchema = z
  .object({
    ...planDocumentSchema.shape,
    text: z.string().describe('as `switchover plan` prints it; the rest is as with `--json`'),
  })
  .openapi('Plan');

export const keySchema = z.object({
  'idempotency-key': z.string().max(200).optional().openapi({
    description: 'the same key starts it once only, within a day, so that a request may be sent again',
    example: '0b9f6c9e-5d0f-4a57-9f0a-0f6f1d1f3c11',
  }),
});

/** Of one migration, as the audit has it. */
interface Act {
  readonly did: AuditEntry['did'];
  readonly id: string;
  readonly asked?: AuditEntry['asked'];
  readonly reason?: string | undefined;
}

export function addMigrationActs(app: OpenAPIHono<Env>, parts: ActParts): void {
  const { migrations, audit, start, plan } = parts;
  const started = new StartedOnce(parts.startedKeys, async (id) => await migrations.has(id));

  /** @param doing hears who asks @returns how the migration is then @throws {Problem} */
  const act = async (
    c: Context<Env>,
    { did, id, asked = {}, reason }: Act,
    doing: (name: string) => Promise<void>,
  ): Promise<MigrationSummary> => {
    const caller = needs(c, 'operate');
    await assertUnchanged(c, migrations, id);
    const told = { did, migration: id, asked, reason: reason ?? null, from: addressOf(c) };
    await audit.audited(caller, told, async () => await doing(caller.name));
    return migrations.summaryOf(await migrations.get(id));
  };

  app.openapi(
    createRoute({
      operationId: 'startMigration',
      tags: ['migrations'],
      method: 'post',
      path: '/v1/migrations',
      summary: 'start one',
      security: BEARER,
      request: { body: body(startRequestSchema), headers: keySchema },
      responses: {
        202: {
          ...answer(migrationSummarySchema, 'it has begun'),
          headers: z.object({
            Location: z.string().openapi({ description: 'its place', example: '/v1/migrations/ID' }),
          }),
        },
        ...problems(400, 403, 409, 413, 422),
      },
    }),
    async (c) => {
      const caller = needs(c, 'operate');
      const request = c.req.valid('json');
      const key = c.req.valid('header')['idempotency-key'];
      const act = { did: 'start', migration: null, asked: request, reason: request.reason ?? null } as const;
      const id = await started.once(
        key === undefined ? undefined : `${caller.name}/${key}`,
        createHash('sha256').update(JSON.stringify(request)).digest('hex'),
        async (begins) =>
          await audit.audited(
            caller,
            { ...act, from: addressOf(c) },
            async () => await start(request, caller, begins),
            (begun) => begun,
          ),
      );
      c.header('Location', `/v1/migrations/${encodeURIComponent(id)}`);
      return c.json(migrations.summaryOf(await migrations.get(id)), 202);
    },
  );

  for (const place of ['cancel', 'switchover']) app.use(`/v1/migrations/:id/${place}`, withoutBody);
  app.openapi(
    createRoute({
      operationId: 'cancelMigration',
      tags: ['migrations'],
      method: 'post',
      path: '/v1/migrations/{id}/cancel',
      summary: 'cancel it: the guest stays on the source',
      security: BEARER,
      request: { params: idParamSchema, headers: ifMatchSchema, body: body(reasonRequestSchema, false) },
      responses: {
        202: answer(migrationSummarySchema, 'it is cancelled'),
        ...problems(400, 403, 404, 409, 412, 413, 422),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const reason = reasonIn(c.req.valid('json'));
      const summary = await act(c, { did: 'cancel', id, reason }, async (name) => {
        await migrations.cancel(id, withReason(`cancelled by ${name}`, reason));
      });
      return c.json(summary, 202);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'switchOver',
      tags: ['migrations'],
      method: 'post',
      path: '/v1/migrations/{id}/switchover',
      summary:
        'switch over as soon as the rest fits the longest pause that is allowed, whatever another pass would save',
      security: BEARER,
      request: { params: idParamSchema, headers: ifMatchSchema, body: body(reasonRequestSchema, false) },
      responses: {
        200: answer(migrationSummarySchema, 'the pause that is always fine is the longest one from now on'),
        ...problems(400, 403, 404, 409, 412, 413, 422),
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const reason = reasonIn(c.req.valid('json'));
      const summary = await act(c, { did: 'switchover', id, reason }, async (name) => {
        await migrations.switchOver(id, withReason(`${name} has it switch over`, reason));
      });
      return c.json(summary, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'changeLimits',
      tags: ['migrations'],
      method: 'post',
      path: '/v1/migrations/{id}/limits',
      summary: 'change its limits while it runs',
      security: BEARER,
      request: { params: idParamSchema, headers: ifMatchSchema, body: body(limitsRequestSchema) },
      responses: {
        200: answer(migrationSummarySchema, 'they hold'),
        ...problems(400, 403, 404, 409, 412, 413, 422, 503),
      },
    }),
    async (c) => {
      needs(c, 'operate');
      const { id } = c.req.valid('param');
      const changes = definedOnly(c.req.valid('json'));
      const { downtimeMs, maxDowntimeMs, bandwidthBytesPerSecond } = (await migrations.get(id)).view.limits;
      const asked = { before: { downtimeMs, maxDowntimeMs, bandwidthBytesPerSecond }, after: changes };
      const summary = await act(c, { did: 'limits', id, asked }, async (name) => {
        await migrations.setLimits(id, changes, `set by ${name}`);
      });
      return c.json(summary, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'planMigration',
      tags: ['plans'],
      method: 'post',
      path: '/v1/plans',
      summary: 'what a migration would come to, before it begins: changes nothing',
      security: BEARER,
      request: { body: body(planRequestSchema) },
      responses: {
        200: answer(planSchema, 'it'),
        ...problems(400, 403, 409, 413, 422),
      },
    }),
    async (c) => {
      // It probes the guest, for some seconds.
      needs(c, 'operate');
      const planned = await plan(c.req.valid('json'));
      return c.json({ ...documentOf(planned), text: planText(planned, new Set(PEER_NAMES)) }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'getAudit',
      tags: ['service'],
      method: 'get',
      path: '/v1/audit',
      summary: 'who asked for what, and what it came to; the newest first, up to a thousand',
      security: BEARER,
      responses: {
        200: answer(z.object({ entries: z.array(auditEntrySchema) }).openapi('Audit'), 'them'),
        ...problems(403),
      },
    }),
    async (c) => {
      needs(c, 'admin');
      return c.json({ entries: await audit.newest() }, 200);
    },
  );
}

function withReason(words: string, reason: string | undefined): string {
  return reason === undefined ? words : `${words}: ${reason}`;
}

/** A body may be left out, which the schema's type does not say. */
function reasonIn(asked: unknown): string | undefined {
  return (asked as { readonly reason?: string } | undefined)?.reason;
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
