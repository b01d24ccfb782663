/** The OpenAPI document: what is said of all places, beside what each says of itself. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { VERSION } from '../version.ts';
import { type Env, TAGS } from './route-parts.ts';

const DESCRIPTION = `Makes every live migration of a KVM virtual machine finish, within a pause that you state.

Times are in milliseconds, sizes in bytes, rates in bytes per second. Fields are only ever added. What is wrong is told as a problem
document (RFC 9457): \`detail\` is one sentence that says what is wrong and what to do, \`code\` is for programs.`;

export function describeApi(app: OpenAPIHono<Env>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'made by `switchover token add`; none is needed by the unix socket',
  });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'switchover',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...TAGS],
  });
}
