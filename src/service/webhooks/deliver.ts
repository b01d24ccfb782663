/** One attempt to deliver an event, signed as the Standard Webhooks specification says. */
import { createHmac } from 'node:crypto';
import { VERSION } from '../../version.ts';

export interface Message {
  /** The same at each attempt, so that whoever gets it twice can tell. */
  readonly id: string;
  readonly body: string;
}

export type Delivered =
  | { readonly taken: true }
  | {
      readonly taken: false;
      readonly why: string;
      /** 410: it wants no more of them. */
      readonly isUnwanted: boolean;
      /** As the receiver asked. */
      readonly retryAfterMs: number | undefined;
    };

export const ATTEMPT_WITHIN_MS = 15_000;
const LONGEST_RETRY_AFTER_MS = 3600e3;

/** `v1,BASE64`: HMAC-SHA256 of what makes a message that message, at that time. */
export function signatureOf(secret: Buffer, { id, body }: Message, atSeconds: number): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${atSeconds}.${body}`).digest('base64')}`;
}

/** @param ending ends it. Never rejects */
export async function deliver(
  { url, secret }: { readonly url: string; readonly secret: Buffer },
  message: Message,
  ending: AbortSignal,
  withinMs = ATTEMPT_WITHIN_MS,
): Promise<Delivered> {
  const atSeconds = Math.floor(Date.now() / 1000);
  try {
    const response = await fetch(url, {
      method: 'POST',
      // What it is sent to was named by whoever runs the service, and by nobody else.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': `switchover/${VERSION}`,
        'webhook-id': message.id,
        'webhook-timestamp': String(atSeconds),
        'webhook-signature': signatureOf(secret, message, atSeconds),
      },
      body: message.body,
      signal: AbortSignal.any([ending, AbortSignal.timeout(withinMs)]),
    });
    await response.body?.cancel();
    const { ok, status, headers } = response;
    if (ok) return { taken: true };
    const retryAfterMs = retryAfterOf(headers.get('retry-after'));
    return { taken: false, why: `it answers ${status}`, isUnwanted: status === 410, retryAfterMs };
  } catch (error) {
    const why = whyOf(error, withinMs);
    return { taken: false, why, isUnwanted: false, retryAfterMs: undefined };
  }
}

function retryAfterOf(header: string | null): number | undefined {
  const ms = header === null ? Number.NaN : 1000 * Number(header);
  return ms >= 0 ? Math.min(ms, LONGEST_RETRY_AFTER_MS) : undefined;
}

function whyOf(error: unknown, withinMs: number): string {
  if ((error as Error).name === 'TimeoutError') return `no answer within ${withinMs / 1000} s`;
  const { cause } = error as Error;
  const { code, message } = (cause ?? error) as NodeJS.ErrnoException;
  return code ?? message;
}

/** @param attempts so many have failed @param random from 0 to 1 @returns from 5 s on, four times as long each time, up to an hour */
export function backoffMs(attempts: number, random: number, firstMs = 5000): number {
  return Math.min(3600e3, firstMs * 4 ** (attempts - 1)) * (0.8 + 0.4 * random);
}
