/** The API's places that change a drain, one VM of it, or whether a host is moved to. Each is written into the audit. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { notUnderstood } from '../asked.ts';
import type { AuditEntry } from '../audit.ts';
import { Problem } from '../problem.ts';
import { ifMatchSchema, reasonRequestSchema } from '../requests.ts';
import { addressOf, answer, BEARER, body, type Env, needs, problems, withoutBody } from '../route-parts.ts';
import { DRAIN_ACTS, type DrainView, drainSchema } from './drain-document.ts';
import {
  allowPauseRequestSchema,
  cancelDrainRequestSchema,
  type DrainAct,
  decideRequestSchema,
  drainIdSchema,
  drainVmSchema,
  hostParamSchema,
  type ReturnRequest,
  returnRequestSchema,
} from './drain-requests.ts';
import { type DrainRouteParts, drainsOf, located } from './drain-routes.ts';
import { assertHost } from './drain-wish.ts';

const SUMMARIES: Readonly<Record<DrainAct, string>> = {
  pause: 'begin no more moves; what is on its way goes on',
  resume: 'go on; what nobody knew the place of is tried again too, by a person who has looked',
  cancel: 'begin no more moves, for good; the host may be used again once what is on its way has arrived',
  release: 'the host may be moved to again, whatever its drain is doing',
};
const DONE: Readonly<Record<DrainAct, string>> = {
  pause: 'it is paused',
  resume: 'it goes on',
  cancel: 'nothing new begins',
  release: 'it is released, or will be once what is on its way has arrived',
};

const cordonSchema = z
  .object({
    host: z.string(),
    cordoned: z.boolean().describe('no drain moves a VM there'),
    changed: z.boolean().describe('it was not so before'),
  })
  .openapi('Cordoned', { example: { host: 'qemu+ssh://root@host1/system', cordoned: true, changed: true } });

/** A body may be left out, which the schema's type does not say. */
interface Given {
  readonly reason?: string;
  readonly abortRunning?: boolean;
}

interface Act {
  readonly did: AuditEntry['did'];
  readonly id: string;
  readonly asked?: AuditEntry['asked'];
  readonly reason: string | undefined;
}

export function addDrainActs(app: OpenAPIHono<Env>, parts: DrainRouteParts): void {
  /** @returns how the drain is then @throws {Problem} */
  const act = async (c: Context<Env>, { did, id, asked = {}, reason }: Act, doing: () => Promise<void>) => {
    const caller = needs(c, 'operate');
    const { drains } = drainsOf(parts);
    assertUnchanged(c, await drains.get(id));
    const told = { did, migration: null, drain: id, asked, reason: reason ?? null, from: addressOf(c) };
    await parts.audit.audited(caller, told, doing);
    const view = await drains.get(id);
    c.header('ETag', `"${view.revision}"`);
    return view;
  };

  for (const action of DRAIN_ACTS) app.use(`/v1/drains/:id/${action}`, withoutBody);
  app.use('/v1/drains/:id/vms/:uuid/retry', withoutBody);
  app.use('/v1/drains/:id/return', withoutBody);
  for (const place of ['cordon', 'uncordon']) app.use(`/v1/hosts/:host/${place}`, withoutBody);

  for (const action of DRAIN_ACTS)
    app.openapi(
      createRoute({
        operationId: `${action}Drain`,
        tags: ['drains'],
        method: 'post',
        path: `/v1/drains/{id}/${action}`,
        summary: SUMMARIES[action],
        security: BEARER,
        request: {
          params: drainIdSchema,
          headers: ifMatchSchema,
          body: body(action === 'cancel' ? cancelDrainRequestSchema : reasonRequestSchema, false),
        },
        responses: {
          200: answer(drainSchema, DONE[action]),
          ...problems(400, 403, 404, 409, 412, 413, 422),
        },
      }),
      async (c) => {
        const { id } = c.req.valid('param');
        const { reason, abortRunning } = (c.req.valid('json') as Given | undefined) ?? {};
        const asked = abortRunning === undefined ? {} : { abortRunning };
        const view = await act(c, { did: `drain-${action}`, id, asked, reason }, async () => {
          await drainsOf(parts).drains.act(id, action, asked);
        });
        return c.json(view, 200);
      },
    );

  app.openapi(
    createRoute({
      operationId: 'returnDrain',
      tags: ['drains'],
      method: 'post',
      path: '/v1/drains/{id}/return',
      summary:
        'what left the host comes back to it, by a drain of its own; this one ends with it. What others have moved since stays there',
      security: BEARER,
      request: { params: drainIdSchema, headers: ifMatchSchema, body: body(returnRequestSchema, false) },
      responses: {
        200: located('it is coming back already, and this is how'),
        202: located('it has begun'),
        ...problems(400, 403, 404, 409, 412, 413, 422),
      },
    }),
    async (c) => {
      const caller = needs(c, 'operate');
      const { id } = c.req.valid('param');
      const { reason = null, ...wish } = (c.req.valid('json') as ReturnRequest | undefined) ?? {};
      const { drains, requestedBy } = drainsOf(parts);
      assertUnchanged(c, await drains.get(id));
      const told = { did: 'drain-return', migration: null, drain: id, asked: wish, reason } as const;
      const back = await parts.audit.audited(
        caller,
        { ...told, from: addressOf(c) },
        async () => await drains.bringBack(id, wish, requestedBy(caller.name)),
      );
      c.header('Location', `/v1/drains/${back.id}`);
      return c.json(await drains.get(back.id), back.isNew ? 202 : 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'retryVm',
      tags: ['drains'],
      method: 'post',
      path: '/v1/drains/{id}/vms/{uuid}/retry',
      summary: 'a VM that is held is tried again, by a person who has mended what kept it',
      security: BEARER,
      request: { params: drainVmSchema, headers: ifMatchSchema, body: body(reasonRequestSchema, false) },
      responses: { 200: answer(drainSchema, 'it is queued'), ...problems(400, 403, 404, 409, 412, 413, 422) },
    }),
    async (c) => {
      const { id, uuid } = c.req.valid('param');
      const { reason } = (c.req.valid('json') as Given | undefined) ?? {};
      const view = await act(c, { did: 'drain-retry', id, asked: { vm: uuid }, reason }, async () => {
        await drainsOf(parts).drains.retry(id, uuid);
      });
      return c.json(view, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'allowPause',
      tags: ['drains'],
      method: 'post',
      path: '/v1/drains/{id}/vms/{uuid}/allow-pause',
      summary:
        'a VM that is held may stand still for longer in this drain than the others, and is tried again',
      security: BEARER,
      request: { params: drainVmSchema, headers: ifMatchSchema, body: body(allowPauseRequestSchema) },
      responses: { 200: answer(drainSchema, 'it is queued'), ...problems(400, 403, 404, 409, 412, 413, 422) },
    }),
    async (c) => {
      const { id, uuid } = c.req.valid('param');
      const { reason, maxDowntimeMs } = c.req.valid('json');
      const asked = { vm: uuid, maxDowntimeMs };
      const view = await act(c, { did: 'drain-allow-pause', id, asked, reason }, async () => {
        const { drains, requestedBy } = drainsOf(parts);
        await drains.allowPause(id, uuid, maxDowntimeMs, requestedBy(needs(c, 'operate').name));
      });
      return c.json(view, 200);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'decideVm',
      tags: ['drains'],
      method: 'post',
      path: '/v1/drains/{id}/vms/{uuid}/decide',
      summary:
        "what becomes of a VM that has not left yet: a person's word goes before its own. Nothing is shut down unless this, or its own word, says so",
      security: BEARER,
      request: { params: drainVmSchema, headers: ifMatchSchema, body: body(decideRequestSchema) },
      responses: {
        200: answer(drainSchema, 'it is queued for that, or left'),
        ...problems(400, 403, 404, 409, 412, 413, 422),
      },
    }),
    async (c) => {
      const { id, uuid } = c.req.valid('param');
      const { reason, ...wish } = c.req.valid('json');
      const asked = { vm: uuid, ...wish };
      const view = await act(c, { did: 'drain-decide', id, asked, reason }, async () => {
        const { drains, requestedBy } = drainsOf(parts);
        await drains.decide(id, uuid, wish, requestedBy(needs(c, 'operate').name));
      });
      return c.json(view, 200);
    },
  );

  for (const did of ['cordon', 'uncordon'] as const)
    app.openapi(
      createRoute({
        operationId: `${did}Host`,
        tags: ['drains'],
        method: 'post',
        path: `/v1/hosts/{host}/${did}`,
        summary:
          did === 'cordon' ? 'no drain moves a VM there from now on' : 'drains may move VMs there again',
        security: BEARER,
        request: { params: hostParamSchema, body: body(reasonRequestSchema, false) },
        responses: { 200: answer(cordonSchema, 'it is so'), ...problems(400, 403, 413, 422) },
      }),
      async (c) => {
        const caller = needs(c, 'operate');
        const { host } = c.req.valid('param');
        const { reason } = (c.req.valid('json') as Given | undefined) ?? {};
        const { drains, requestedBy } = drainsOf(parts);
        assertIsHost(host, await drains.marks());
        const changed = await parts.audit.audited(
          caller,
          { did, migration: null, asked: { host }, reason: reason ?? null, from: addressOf(c) },
          async () =>
            did === 'cordon'
              ? await drains.cordon(host, requestedBy(caller.name), reason)
              : await drains.uncordon(host),
        );
        return c.json({ host, cordoned: did === 'cordon', changed }, 200);
      },
    );
}

/** @throws {Problem} of what is no libvirt URI. Nothing of it is asked here, so that whatever it may name is not run. */
function assertIsHost(host: string, marks: ReadonlyMap<string, unknown>): void {
  if (marks.has(host)) return;
  if (!/^[a-z][\w+.-]*:\/\/\S*$/i.test(host) || host.includes('#')) assertHost(host);
  if (host.includes('#')) throw notUnderstood(`${host} names a domain: name its host`);
}

/** @throws {Problem} 412 where the caller acts on what it has not seen */
function assertUnchanged(c: Context<Env>, { id, revision }: DrainView): void {
  const seen = c.req.header('if-match');
  if (seen === undefined || seen === '*' || seen === `"${revision}"`) return;
  throw new Problem(
    412,
    'changed-meanwhile',
    `the drain ${id} is at revision ${revision}, not ${seen}: look again`,
  );
}
