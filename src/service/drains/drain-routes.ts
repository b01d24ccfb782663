/** The API's places that show drains, begin them, and plan them. What is done to one that there is stands in `drain-acts.ts`. */
import { createHash } from 'node:crypto';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { drainDocumentOf, drainDocumentSchema } from '../../drain/document.ts';
import type { Audit } from '../audit.ts';
import { keySchema } from '../migration-acts.ts';
import { Problem } from '../problem.ts';
import { waitQuerySchema } from '../requests.ts';
import { addressOf, answer, BEARER, body, type Env, events, needs, problems } from '../route-parts.ts';
import type { StartedKeys } from '../started-keys.ts';
import { StartedOnce } from '../started-once.ts';
import { drainSchema, drainsSchema } from './drain-document.ts';
import type { DrainFeeds } from './drain-feed.ts';
import {
  drainIdSchema,
  drainListQuerySchema,
  drainPlanRequestSchema,
  drainRequestSchema,
} from './drain-requests.ts';
import { streamDrain } from './drain-stream.ts';
import type { Drains } from './drains.ts';

export interface DrainParts {
  readonly drains: Drains;
  readonly feeds: DrainFeeds;
  /** Of the drains' own Idempotency-Keys. */
  readonly keys: StartedKeys;
  /** As the drain has it: who asks, of whom a token's name is known. */
  requestedBy(name: string): string;
}

export interface DrainRouteParts {
  readonly audit: Audit;
  /** Undefined: this service keeps no drains. */
  readonly drains: DrainParts | undefined;
}

/** @throws {Problem} */
export function drainsOf({ drains }: Pick<DrainRouteParts, 'drains'>): DrainParts {
  if (drains) return drains;
  throw new Problem(
    503,
    'no-database',
    'this service keeps no drains, as it was started without a database: start it with --database embedded, or with --database postgres://… for one that several share',
  );
}

const planSchema = z
  .object(drainDocumentSchema.shape)
  .openapi('DrainPlan', { description: 'as `switchover drain --plan --json` prints it' });

const happenedExample = 'event: drain\ndata: {"id":"5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11aa"}\n\n';
const DRAIN_EVENTS = events(
  '`drain` with a Drain as JSON, whenever it stands otherwise; `happened` with what happened to it or to a VM of it (`id`, `at`, `kind`, `vm`, `name`, `data`), which may come twice after a break; `alive` every 10 s; `end` once it is over',
  happenedExample,
);

const afterSchema = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, 'give the id of an event')
    .optional()
    .openapi({ description: 'only what follows that event', example: '41' }),
});

/** A drain, and where it is. */
export const located = (description: string) => ({
  ...answer(drainSchema, description),
  headers: z.object({
    Location: z.string().openapi({ description: 'its place', example: '/v1/drains/ID' }),
  }),
});

export function addDrainRoutes(app: OpenAPIHono<Env>, parts: DrainRouteParts): void {
  let once: StartedOnce | undefined;

  app.openapi(
    createRoute({
      operationId: 'listDrains',
      tags: ['drains'],
      method: 'get',
      path: '/v1/drains',
      summary: 'drains, the newest first',
      security: BEARER,
      request: { query: drainListQuerySchema },
      responses: { 200: answer(drainsSchema, 'them, without their VMs'), ...problems(422) },
    }),
    async (c) => {
      const { state, limit } = c.req.valid('query');
      return c.json({ drains: await drainsOf(parts).drains.list(state, limit) }, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'startDrain',
      tags: ['drains'],
      method: 'post',
      path: '/v1/drains',
      summary:
        'empty a host: it is planned, which takes some seconds for each VM unless that was just done, and begins',
      security: BEARER,
      request: { body: body(drainRequestSchema), headers: keySchema },
      responses: {
        200: located('the host is being drained already, and this is how'),
        202: located('it has begun'),
        ...problems(400, 403, 409, 413, 422),
      },
    }),
    async (c) => {
      const caller = needs(c, 'operate');
      const { drains, keys, requestedBy } = drainsOf(parts);
      once ??= new StartedOnce(keys, async (id) => await drains.has(id));
      const request = c.req.valid('json');
      const key = c.req.valid('header')['idempotency-key'];
      const { reason = null } = request;
      let isNew = false;
      const id = await once.once(
        key === undefined ? undefined : `${caller.name}/${key}`,
        createHash('sha256').update(JSON.stringify(request)).digest('hex'),
        async (begins) =>
          await parts.audit.audited(
            caller,
            { did: 'drain', migration: null, drain: null, asked: request, reason, from: addressOf(c) },
            async () => {
              const begun = await drains.begin(request, requestedBy(caller.name));
              isNew = begun.isNew;
              // A service that is killed before this line finds the drain by its host.
              await begins(begun.id);
              return begun.id;
            },
            (begun) => begun,
          ),
      );
      c.header('Location', `/v1/drains/${id}`);
      return c.json(await drains.get(id), isNew ? 202 : 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'getDrain',
      tags: ['drains'],
      method: 'get',
      path: '/v1/drains/{id}',
      summary: 'one, with its VMs and destinations',
      security: BEARER,
      request: { params: drainIdSchema, query: waitQuerySchema },
      responses: {
        200: {
          ...answer(
            drainSchema,
            'it; with `wait` once it is empty or over, or nothing of it goes on without a person',
          ),
          headers: z.object({
            ETag: z.string().openapi({ description: 'its revision, for If-Match', example: '"3"' }),
          }),
        },
        ...problems(404, 422),
      },
    }),
    async (c) => {
      const { drains, feeds } = drainsOf(parts);
      const { id } = c.req.valid('param');
      const { wait } = c.req.valid('query');
      let view = await drains.get(id);
      if (wait !== undefined && !isAtRest(view)) {
        const gone = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(1000 * wait)]);
        for await (view of feeds.follow(id, gone)) if (isAtRest(view)) break;
      }
      c.header('ETag', `"${view.revision}"`);
      return c.json(view, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'followDrain',
      tags: ['drains'],
      method: 'get',
      path: '/v1/drains/{id}/events',
      summary: 'how it goes on, and what happens to it',
      security: BEARER,
      request: { params: drainIdSchema, headers: afterSchema },
      responses: { 200: DRAIN_EVENTS, ...problems(404, 422) },
    }),
    async (c) => {
      const { drains, feeds } = drainsOf(parts);
      const { id } = c.req.valid('param');
      await drains.get(id);
      return streamDrain(c, feeds, id, Number(c.req.valid('header')['last-event-id'] ?? 0));
    },
  );

  app.openapi(
    createRoute({
      operationId: 'planDrain',
      tags: ['plans'],
      method: 'post',
      path: '/v1/plans/drain',
      summary:
        'what a drain would come to, before it begins: looks at each VM for some seconds, and changes nothing',
      security: BEARER,
      request: { body: body(drainPlanRequestSchema) },
      responses: { 200: answer(planSchema, 'it'), ...problems(400, 403, 409, 413, 422) },
    }),
    async (c) => {
      needs(c, 'operate');
      return c.json(drainDocumentOf(await drainsOf(parts).drains.plan(c.req.valid('json'))), 200);
    },
  );
}

/** Time alone brings it no further. */
function isAtRest({
  state,
  final,
  counts,
}: {
  state: string;
  final: boolean;
  counts: { moving: number; unknown: number };
}) {
  if (state === 'paused') return counts.moving === 0 && counts.unknown > 0;
  return final || state === 'empty' || state === 'blocked';
}
