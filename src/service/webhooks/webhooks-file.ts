/** Who is told of migrations: a TOML file of its own, as it names secrets. All problems of it are told at once. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../../config/config-error.ts';
import { parseGlob } from '../../config/glob.ts';
import { issuesOf } from '../../config/issues.ts';
import { linesOf } from '../../config/line-of.ts';
import { parseToml } from '../../config/toml.ts';
import { errnoWords } from '../../journal/errno-words.ts';
import { EVENT_NAMES, type EventName } from './webhook-event.ts';

export interface Webhook {
  readonly name: string;
  readonly url: string;
  /** What signatures are made with; told to nobody. */
  readonly secret: Buffer;
  readonly events: readonly EventName[];
  /** Undefined: each. */
  readonly outcomes: readonly string[] | undefined;
  /** Whose names one of them fits; undefined: each VM. */
  readonly vms: readonly RegExp[] | undefined;
}

const OUTCOMES = ['completed', 'aborted', 'cancelled', 'failed'] as const;

const entrySchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'up to 64 letters, digits, dashes and underscores'),
  url: z.string().refine(isUsable, 'it is no URL of http or https without user and password in it'),
  'secret-file': z.string().min(1),
  events: z
    .array(z.enum(EVENT_NAMES, `there are ${EVENT_NAMES.join(', ')}`))
    .min(1)
    .optional(),
  outcome: z
    .array(z.enum(OUTCOMES, `there are ${OUTCOMES.join(', ')}`))
    .min(1)
    .optional(),
  vm: z.array(z.string()).min(1).optional(),
});
const fileSchema = z.strictObject({ webhook: z.array(entrySchema).min(1, 'give at least one [[webhook]]') });

/** @throws {ConfigError} with every problem; none has any of a secret in it */
export function loadWebhooks(file: string): Webhook[] {
  let toml: string;
  try {
    toml = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError([`the webhooks' file ${file} cannot be read: ${errnoWords(cause)}`], { cause });
  }
  const checked = fileSchema.safeParse(parseToml(toml, file));
  if (!checked.success) throw new ConfigError(told(checked.error, toml, file));
  const problems: string[] = [];
  const names = new Set<string>();
  const webhooks = checked.data.webhook.map((entry): Webhook => {
    const trying = <T>(what: () => T, otherwise: T): T => {
      try {
        return what();
      } catch (error) {
        problems.push(`${file}: webhook ${entry.name}: ${(error as Error).message}`);
        return otherwise;
      }
    };
    if (names.has(entry.name))
      problems.push(`${file}: there are two webhooks ${entry.name}: name one otherwise`);
    names.add(entry.name);
    const secretFile = path.resolve(path.dirname(file), entry['secret-file']);
    return {
      name: entry.name,
      url: entry.url,
      secret: trying(() => secretIn(secretFile), Buffer.alloc(0)),
      events: entry.events ?? EVENT_NAMES,
      outcomes: entry.outcome,
      vms: trying(() => entry.vm?.map(parseGlob), undefined),
    };
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return webhooks;
}

/** `whsec_` and 24 to 64 bytes in base64, as the Standard Webhooks specification has it. @throws {Error} */
function secretIn(file: string): Buffer {
  let text: string;
  let mode: number;
  try {
    mode = fs.statSync(file).mode;
    text = fs.readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Error(`the secret ${file} cannot be read: ${errnoWords(cause)}`, { cause });
  }
  if ((mode & 0o007) !== 0)
    throw new Error(`the secret ${file} can be read by every user of this machine: chmod 600 ${file}`);
  const [, base64 = ''] = /^(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const secret = Buffer.from(base64, 'base64');
  if (secret.length >= 24 && secret.length <= 64) return secret;
  throw new Error(
    `${file} holds no secret: make one with \`(umask 077; echo whsec_$(openssl rand -base64 32) > ${file})\``,
  );
}

function isUsable(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

function told(error: z.ZodError, toml: string, file: string): string[] {
  const issues = issuesOf(error, (at) =>
    at[0] === 'webhook' ? Object.keys(entrySchema.shape) : ['webhook'],
  );
  const lines = linesOf(
    toml,
    issues.map(({ path: at }) => at),
  );
  return issues.map(({ sentence, about }, index) => {
    const where = lines[index] === undefined ? file : `${file}:${lines[index]}`;
    return `${where}: ${about === undefined ? '' : `${about}: `}${sentence}`;
  });
}
