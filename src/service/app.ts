/** The HTTP API: what holds for every request, whichever place it is for. */
import { OpenAPIHono, type z } from '@hono/zod-openapi';
import { AccessError } from './access.ts';
import { describeApi } from './describe-api.ts';
import { addDrainActs } from './drains/drain-acts.ts';
import { addDrainRoutes, type DrainRouteParts } from './drains/drain-routes.ts';
import { addGuard, type GuardParts } from './guard.ts';
import { type ActParts, addMigrationActs } from './migration-acts.ts';
import { addMigrationRoutes } from './migration-routes.ts';
import { asProblem } from './migrations.ts';
import { addPage } from './page.ts';
import { Problem, problemResponse } from './problem.ts';
import { Rates } from './rates.ts';
import type { Env } from './route-parts.ts';
import { addServiceRoutes, type ServiceRouteParts } from './service-routes.ts';
import { describeWebhook } from './webhooks/webhook-event.ts';

export interface AppParts extends ActParts, DrainRouteParts, ServiceRouteParts, Omit<GuardParts, 'rates'> {
  /** Hears of a mistake of ours. */
  say(sentence: string): void;
}

export function createApp(parts: AppParts): OpenAPIHono<Env> {
  const { metrics } = parts;
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
    if ('status' in thrown && thrown.status === 415)
      return problemResponse(
        c,
        new Problem(
          415,
          'no-json-type',
          'the body is no JSON by its type: send content-type: application/json',
        ),
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

  addGuard(app, { ...parts, rates: new Rates({ say: parts.say, refused: (why) => metrics.refused(why) }) });

  addPage(app);
  addServiceRoutes(app, parts);
  addMigrationRoutes(app, parts.migrations);
  addMigrationActs(app, parts);
  addDrainRoutes(app, parts);
  addDrainActs(app, parts);
  describeWebhook(app);
  describeApi(app);
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
