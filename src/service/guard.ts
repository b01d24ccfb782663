/** What every request has to pass before a route sees it: rates and sizes, the name that it calls us by, who asks. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { Access, Caller } from './access.ts';
import { HostCheck } from './host-check.ts';
import { Problem, problemResponse } from './problem.ts';
import type { Rates } from './rates.ts';
import { arrivalOf, type Env } from './route-parts.ts';

export interface GuardParts {
  readonly access: Access;
  readonly rates: Rates;
  /** By which names it may be called, beside this machine's own. */
  readonly hostNames: readonly string[];
  /** All that it shows is simulated, and so is nobody's. */
  readonly demo: boolean;
}

const LARGEST_BODY = 64 * 1024;
const LONGEST_URL = 8 * 1024;
const HALF_A_YEAR_S = 15_552_000;

export function addGuard(app: OpenAPIHono<Env>, parts: GuardParts): void {
  const { rates } = parts;
  const hostCheck = new HostCheck(parts.hostNames);
  app.use(async (c, next) => {
    const address = addressOf(c);
    if (address !== undefined) rates.assertAddressMay(address);
    if (c.req.url.length > LONGEST_URL)
      throw new Problem(414, 'url-too-long', `the URL is over ${LONGEST_URL} characters`);
    hostCheck.assertMeant(c.req.method, c.req.header('host'), c.req.header('origin'));
    await next();
    // To a browser it is a promise to come by TLS only from now on; by HTTP it means nothing.
    if (arrivalOf(c).encrypted) c.header('Strict-Transport-Security', `max-age=${HALF_A_YEAR_S}`);
  });
  app.use(
    secureHeaders({
      strictTransportSecurity: false,
      contentSecurityPolicy: { defaultSrc: ["'self'"], frameAncestors: ["'none'"] },
    }),
  );
  app.use(
    bodyLimit({
      maxSize: LARGEST_BODY,
      onError: (c) =>
        problemResponse(c, new Problem(413, 'too-large', `the body is over ${LARGEST_BODY} bytes`)),
    }),
  );
  for (const places of ['/v1/*', '/metrics'])
    app.use(places, async (c, next) => {
      const caller = callerOf(c, parts);
      c.set('caller', caller);
      const who = caller.byToken ? `the token ${caller.name}` : addressOf(c);
      if (who !== undefined) {
        rates.assertMay(who, c.req.method);
        if (staysOpen(c)) arrivalOf(c).outgoing?.once('close', rates.opened(who));
      }
      await next();
    });
}

/** @throws {Problem} 401, 429 */
function callerOf(c: Context, { access, demo, rates }: GuardParts): Caller {
  try {
    return access.callerOf(c.req.header('authorization'), demo || arrivalOf(c).bySocket === true);
  } catch (error) {
    const address = addressOf(c);
    // One that is left out is no try.
    const isWrong = error instanceof Problem && error.status === 401 && error.code !== 'token-needed';
    if (isWrong && address !== undefined) rates.wrongTokenFrom(address);
    throw error;
  }
}

function staysOpen(c: Context): boolean {
  return c.req.path.endsWith('/events') || c.req.query('wait') !== undefined;
}

/** @returns undefined by the unix socket. Of an IPv6 address the network, as one machine has all the addresses in it */
function addressOf(c: Context): string | undefined {
  const { bySocket, incoming } = arrivalOf(c);
  if (bySocket) return undefined;
  const address = incoming?.socket.remoteAddress ?? 'an address that is gone';
  return address.includes('.') || !address.includes(':') ? address : networkOf(address);
}

/** `2001:db8::1` is in `2001:db8:0:0::/64` */
function networkOf(address: string): string {
  const [before = '', after] = address.split('%')[0]?.split('::') ?? [];
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
