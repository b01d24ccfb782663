/** The API's places that tell of the service itself. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { VERSION } from '../version.ts';
import { ROLES } from './access.ts';
import type { DrainParts } from './drains/drain-routes.ts';
import { type Host, hostSchema, markedHosts } from './hosts.ts';
import type { Metrics } from './metrics.ts';
import { Problem } from './problem.ts';
import { answer, BEARER, type Env, problems } from './route-parts.ts';

export interface ServiceRouteParts {
  readonly metrics: Metrics;
  /** All that it shows is simulated. */
  readonly demo: boolean;
  /** The hosts that are followed, as they are now. */
  hosts(): Promise<Host[]>;
  /** Undefined: this service keeps no drains. */
  readonly drains: DrainParts | undefined;
  /** What keeps it from working, a sentence each. */
  problems(): readonly string[];
}

const sessionSchema = z
  .object({
    version: z.string().describe('of the service'),
    role: z.enum(ROLES).describe('each may do what those before it may'),
    name: z.string().describe('of the token; local: without one'),
    demo: z.boolean().describe('all that is shown is simulated'),
    drains: z.boolean().describe('it keeps drains: it has a database'),
    serverTime: z.iso.datetime(),
  })
  .openapi('Session', {
    example: {
      version: '0.1.0',
      role: 'operate',
      name: 'ops',
      demo: false,
      drains: true,
      serverTime: '2026-11-29T10:15:00.000Z',
    },
  });

const hostsSchema = z
  .object({
    hosts: z.array(hostSchema),
    problem: z.string().optional().describe('why it is not known which are cordoned: the database is away'),
  })
  .openapi('Hosts');

const words = (description: string, example: string) => ({
  description,
  content: { 'text/plain': { schema: z.string().openapi({ example }) } },
});

export function addServiceRoutes(app: OpenAPIHono<Env>, parts: ServiceRouteParts): void {
  app.openapi(
    createRoute({
      operationId: 'isAlive',
      tags: ['service'],
      method: 'get',
      path: '/healthz',
      summary: 'whether it answers',
      security: [],
      responses: { 200: words('it does', 'ok\n'), ...problems() },
    }),
    (c) => c.text('ok\n', 200),
  );

  app.openapi(
    createRoute({
      operationId: 'isReady',
      tags: ['service'],
      method: 'get',
      path: '/readyz',
      summary: 'whether it has found what an earlier service left, and serves',
      security: [],
      responses: {
        ...problems(),
        200: words('it does', 'ready\n'),
        503: words('not yet, and why', 'it has only just started\n'),
      },
    }),
    (c) => {
      const [problem] = parts.problems();
      return problem === undefined ? c.text('ready\n', 200) : c.text(`${problem}\n`, 503);
    },
  );

  app.openapi(
    createRoute({
      operationId: 'getMetrics',
      tags: ['service'],
      method: 'get',
      path: '/metrics',
      summary: "for Prometheus; a VM's own series end 15 minutes after its migration",
      security: BEARER,
      responses: {
        200: words('in the text format of Prometheus', 'switchover_migrations{state="copying"} 1\n'),
        ...problems(),
      },
    }),
    async (c) => c.text(await parts.metrics.text(), 200, { 'Content-Type': parts.metrics.contentType }),
  );

  app.openapi(
    createRoute({
      operationId: 'getSession',
      tags: ['service'],
      method: 'get',
      path: '/v1/session',
      summary: 'who you are here, and what you may do',
      security: BEARER,
      responses: { 200: answer(sessionSchema, 'you'), ...problems() },
    }),
    (c) => {
      const { name, role } = c.get('caller');
      return c.json(
        {
          version: VERSION,
          role,
          name,
          demo: parts.demo,
          drains: parts.drains !== undefined,
          serverTime: new Date().toISOString(),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      operationId: 'listHosts',
      tags: ['service'],
      method: 'get',
      path: '/v1/hosts',
      summary:
        'the hosts that are followed, with their guests as they are now; and those that are cordoned or emptied',
      security: BEARER,
      responses: { 200: answer(hostsSchema, 'them'), ...problems() },
    }),
    async (c) => {
      const hosts = await parts.hosts();
      if (!parts.drains) return c.json({ hosts }, 200);
      try {
        return c.json({ hosts: markedHosts(hosts, await parts.drains.drains.marks()) }, 200);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return c.json({ hosts, problem: error.message }, 200);
      }
    },
  );
}
