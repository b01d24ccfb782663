/** The HTTP API: what holds for every request, whichever place it is for. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { VERSION } from '../version.ts';
import { type Access, AccessError, ROLES } from './access.ts';
import { HostCheck } from './host-check.ts';
import { type Host, hostSchema } from './hosts.ts';
import type { Metrics } from './metrics.ts';
import { type ActParts, addMigrationActs } from './migration-acts.ts';
import { addMigrationRoutes } from './migration-routes.ts';
import { asProblem } from './migrations.ts';
import { addPage } from './page.ts';
import { Problem, problemResponse } from './problem.ts';
import { answer, arrivalOf, BEARER, type Env, problems } from './route-parts.ts';

export interface AppParts extends ActParts {
  readonly metrics: Metrics;
  readonly access: Access;
  /** By which names it may be called, beside this machine's own. */
  readonly hostNames: readonly string[];
  /** All that it shows is simulated. */
  readonly demo: boolean;
  /** The hosts that are followed, as they are now. */
  hosts(): Promise<Host[]>;
  /** What keeps it from working, a sentence each. */
  problems(): readonly string[];
  /** Hears of a mistake of ours. */
  say(sentence: string): void;
}

const LARGEST_BODY = 64 * 1024;

export function createApp(parts: AppParts): OpenAPIHono<Env> {
  const { metrics, access } = parts;
  const app = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw new Problem(422, 'not-understood', inWords(result.error, result.target));
    },
  });

  app.onError((thrown, c) => {
    const error = asProblem(thrown);
    if (error instanceof Problem) return problemResponse(c, error);
    if (error instanceof AccessError)
      return problemResponse(c, new Problem(503, 'tokens-unreadable', error.message));
    // Hono's own, of a body that is no JSON.
    if ('status' in thrown && thrown.status === 400)
      return problemResponse(
        c,
        new Problem(400, 'no-json', 'the body is no JSON: send what the OpenAPI document says'),
      );
    parts.say(`a mistake of ours: ${c.req.method} ${c.req.path}: ${thrown.stack ?? thrown.message}`);
    return problemResponse(
      c,
      new Problem(500, 'unexpected', 'a mistake of ours; it is in the log of the service'),
    );
  });
  app.notFound((c) => {
    const methods = methodsAt(app, c.req.path);
    if (methods.length === 0)
      throw new Problem(
        404,
        'no-such-place',
        `there is nothing at ${c.req.path}: /openapi.json lists what there is`,
      );
    c.header('Allow', methods.join(', '));
    throw new Problem(
      405,
      'no-such-method',
      `${c.req.path} takes ${methods.join(', ')}, not ${c.req.method}`,
    );
  });

  const hostCheck = new HostCheck(parts.hostNames);
  app.use(async (c, next) => {
    hostCheck.assertMeant(c.req.method, c.req.header('host'), c.req.header('origin'));
    await next();
  });
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'self'"], frameAncestors: ["'none'"] } }));
  app.use(
    bodyLimit({
      maxSize: LARGEST_BODY,
      onError: (c) =>
        problemResponse(c, new Problem(413, 'too-large', `the body is over ${LARGEST_BODY} bytes`)),
    }),
  );
  const callerOf = (c: Context) =>
    // What is simulated is nobody's.
    access.callerOf(c.req.header('authorization'), parts.demo || arrivalOf(c).bySocket === true);
  app.use('/v1/*', async (c, next) => {
    c.set('caller', callerOf(c));
    await next();
  });

  addPage(app);
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => {
    const [problem] = parts.problems();
    return problem === undefined ? c.text('ready\n') : c.text(`${problem}\n`, 503);
  });
  app.get('/metrics', async (c) => {
    callerOf(c);
    return c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType });
  });

  const session = z
    .object({
      version: z.string(),
      role: z.enum(ROLES),
      name: z.string(),
      demo: z.boolean().describe('all that is shown is simulated'),
      serverTime: z.iso.datetime(),
    })
    .openapi('Session');
  app.openapi(
    createRoute({
      ...{
        method: 'get',
        path: '/v1/session',
        summary: 'who you are here, and what you may do',
        security: BEARER,
      },
      responses: { 200: answer(session, 'you'), ...problems(401) },
    }),
    (c) => {
      const { name, role } = c.get('caller');
      return c.json(
        { version: VERSION, role, name, demo: parts.demo, serverTime: new Date().toISOString() },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/hosts',
      summary: 'the hosts that are followed, with their guests as they are now',
      security: BEARER,
      responses: { 200: answer(z.object({ hosts: z.array(hostSchema) }), 'them'), ...problems(401) },
    }),
    async (c) => c.json({ hosts: await parts.hosts() }, 200),
  );

  addMigrationRoutes(app, parts.migrations);
  addMigrationActs(app, parts);
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'switchover',
      version: VERSION,
      description:
        'Makes every live migration of a KVM virtual machine finish, within a pause that you state.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  });
  return app;
}

/** What a place takes, where there is one. */
function methodsAt(app: OpenAPIHono<Env>, place: string): string[] {
  const asked = place.split('/');
  const routes = app.routes.filter(({ method, path }) => {
    const parts = path.split('/');
    const fits = parts.every((part, at) => part === asked[at] || (part.startsWith(':') && asked[at] !== ''));
    return method !== 'ALL' && parts.length === asked.length && fits;
  });
  return [...new Set(routes.map(({ method }) => method))].sort();
}

function inWords({ issues }: z.ZodError, target: string): string {
  const told = issues.map(({ path, message }) => {
    const words = message.replace(/^Invalid input: expected (\w+), received undefined$/, '$1 needed');
    return path.length > 0 ? `${path.join('.')}: ${words}` : words;
  });
  return `the ${target === 'json' ? 'body' : target} is not understood: ${told.join('; ')}`;
}
