/** The page: a few plain files, made by `./dev page` and part of the package. Whoever may connect may load it; what it shows it asks for by the API. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { Problem } from './problem.ts';
import type { Env } from './route-parts.ts';

/** Beside `src/` as well as beside `dist/`. */
const FOLDER = fileURLToPath(new URL('../../web/dist/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/** Read once: they are small, and a file of another version must not come in between. */
export function readPage(folder = FOLDER): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
  if (!fs.existsSync(folder)) return new Map();
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => path.extname(name) in TYPES);
  return new Map(
    files.map((name) => [`/${name}`, Uint8Array.from(fs.readFileSync(path.join(folder, name)))]),
  );
}

export function addPage(app: OpenAPIHono<Env>, files = readPage()): void {
  app.get('/', (c) => {
    const index = files.get('/index.html');
    if (!index)
      throw new Problem(404, 'no-page', 'the page was not built: `./dev page` builds it; the API is there');
    return c.body(index, 200, { 'Content-Type': TYPES['.html'] ?? '', 'Cache-Control': 'no-cache' });
  });
  for (const [place, content] of files) {
    if (place === '/index.html') continue;
    // Their names change with their content.
    const headers = {
      'Content-Type': TYPES[path.extname(place)] ?? '',
      'Cache-Control': place.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    app.get(place, (c) => c.body(content, 200, headers));
  }
}
