/** What the OpenAPI document says: by a linter, and by what the app answers. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { OpenApiCheck, type OpenApiDocument } from './testing/openapi-check.ts';
import { ServiceBed } from './testing/service-bed.ts';

let bed: ServiceBed;
let document: OpenApiDocument;
beforeEach(async () => {
  bed = new ServiceBed();
  document = await bed.openApiDocument();
  return async () => await bed[Symbol.asyncDispose]();
});

describe('a linter', () => {
  const lint = async (linted: object) => {
    const config = await createConfig({
      extends: ['recommended'],
      rules: {
        'no-invalid-media-type-examples': 'error',
        'no-invalid-schema-examples': 'error',
        'no-invalid-parameter-examples': 'error',
        'operation-operationId-unique': 'error',
      },
    });
    const found = await lintFromString({
      source: JSON.stringify(linted),
      absoluteRef: '/openapi.json',
      config,
    });
    return found.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`);
  };

  test('finds nothing', async () => expect(await lint(document)).toEqual([]));

  test('would find what is wrong', async () => {
    const get = { ...document.paths['/v1/session']?.['get'], operationId: undefined, security: undefined };
    const wrong = { ...document, paths: { ...document.paths, '/v1/session': { get } } };
    expect((await lint(wrong)).sort()).toEqual([
      'operation-operationId #/paths/~1v1~1session/get/operationId',
      'security-defined #/paths/~1v1~1session/get',
    ]);
  });
});

test('names every place, and every one of them has an example where something is sent', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routed = bed.app.routes.filter(
    ({ method, path }) => method !== 'ALL' && /^\/(v1|healthz|readyz|metrics)/.test(path),
  );
  const places = routed.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect(operations.sort()).toEqual([...new Set(places)].sort());
  const { schemas } = (
    document as unknown as { components: { schemas: Record<string, { example?: unknown }> } }
  ).components;
  const requests = Object.keys(schemas).filter((name) => name.endsWith('Request'));
  expect(requests).toHaveLength(11);
  for (const name of requests) expect(schemas[name], name).toHaveProperty('example');
});

test('is what each place answers', async () => {
  const id = await bed.migrated();
  const answers = [
    await bed.ask('GET', '/healthz'),
    await bed.ask('GET', '/readyz'),
    await bed.ask('GET', '/metrics'),
    await bed.ask('GET', '/v1/session'),
    await bed.ask('GET', '/v1/hosts'),
    await bed.ask('GET', '/v1/audit'),
    await bed.ask('GET', '/v1/migrations?documents=true'),
    await bed.ask('GET', `/v1/migrations/${id}`),
    await bed.ask('GET', `/v1/migrations/${id}/journal`),
    await bed.ask('GET', `/v1/migrations/${id}/events`),
    await bed.ask('POST', `/v1/migrations/${id}/replay`, { body: {} }),
    await bed.ask('POST', '/v1/plans', { body: { vm: 'web-1', probeMs: 100 } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(await answers[6]?.json()).toMatchObject({
    migrations: [{ id, document: { id, outcome: 'completed' } }],
  });
  expect(await answers[11]?.json()).toMatchObject({ vm: 'web-1', text: expect.stringContaining('web-1') });
});

test('what these tests go by: an answer that is none of the document is found', async () => {
  const check = new OpenApiCheck(document);
  const found = async (body: object, status = 200, headers = {}) =>
    await check.findings('GET', '/v1/migrations/x?wait=1s', Response.json(body, { status, headers }));
  expect(await found({ id: 3 }, 200, { etag: '"1"' })).toEqual([
    expect.stringMatching(
      /GET \/v1\/migrations\/\{id\}, 200: .*must have required property 'vm'.*\/id must be string/,
    ),
  ]);
  expect(await found({}, 418)).toEqual(['GET /v1/migrations/{id}, 418: the document has no such answer']);
  expect(await found({}, 404)).toEqual([
    'GET /v1/migrations/{id}, 404: the document has no application/json',
  ]);
  expect(await found({})).toContain('GET /v1/migrations/{id}, 200: the header ETag is missing');
});
