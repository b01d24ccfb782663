/**
 * The configuration as it is written, checked and turned into what the program uses: one schema for the file
 * and for a domain's metadata, where everything is text. `packaging/switchover.toml` shows all of it.
 */
import { z } from 'zod';
import { parseRate, UnitError } from '../model/units.ts';
import { OWN_POLICY_NAMES, peerRefusal } from '../policy/own-policy-words.ts';
import { PEER_NAMES } from '../policy/peers/peer-names.ts';
import { BRAKE_TIMES, OVER_BUDGET_ACTIONS } from '../policy/policy.ts';
import { METADATA_TRUST } from './config.ts';
import { parseGlob } from './glob.ts';
import { type Stated, stated } from './settings.ts';
import {
  parseDowntimeMs,
  parseMaxDowntimeMs,
  parsePolicyOptions,
  parseTimeoutMs,
  parseYesOrNo,
} from './values.ts';

/** A parser whose UnitError becomes the problem. */
function attempt<T>(parse: (text: string) => T) {
  return (given: string, context: z.RefinementCtx): T => {
    try {
      return parse(given);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue({ code: 'custom', message: error.message, input: given });
      return z.NEVER;
    }
  };
}

/** @param like an example of what to write */
function text<T>(like: string, parse: (text: string) => T) {
  return z.string({ error: `write it as text, like "${like}"` }).transform(attempt(parse));
}

/** What TOML says with a type of its own, XML has to say as text. */
function textOr<T extends z.ZodType>(parse: (text: string) => unknown, type: T) {
  const parsed = attempt(parse);
  return z.preprocess((given, context) => (typeof given === 'string' ? parsed(given, context) : given), type);
}

function choice<const T extends string>(choices: readonly [T, ...T[]]) {
  const error = ({ input }: { input?: unknown }) =>
    `${JSON.stringify(input)} is not known: choose ${choices.join(', ')}`;
  return z.enum(choices, { error });
}

const policy = z.enum([...OWN_POLICY_NAMES], {
  error: ({ input }) =>
    typeof input === 'string' && PEER_NAMES.includes(input)
      ? peerRefusal(input)
      : `${JSON.stringify(input)} is not known: choose ${OWN_POLICY_NAMES.join(', ')}`,
});

function oneOrMore<T extends z.ZodType>(each: T, what: string) {
  return z.preprocess(
    (given) => (Array.isArray(given) ? given : [given]),
    z.array(each).min(1, `the list is empty: name at least one ${what}`),
  );
}

const parameter = z.union([z.string(), z.number()], { error: 'write it as text or as a number' });

function folder(like: string) {
  return z
    .string({ error: `write it as text, like "${like}"` })
    .regex(/^\//, { error: `it must be a path from the root, like "${like}"` });
}

const settingShape = {
  policy: policy.optional(),
  'policy-option': textOr(
    parsePolicyOptions,
    z.record(z.string(), parameter.transform(String), {
      error: 'write it as a table, like { min-shrink = "10%" }',
    }),
  ).optional(),
  downtime: text('300ms', parseDowntimeMs).optional(),
  'max-downtime': text('5s', parseMaxDowntimeMs).optional(),
  timeout: text('1h', parseTimeoutMs).optional(),
  'stall-timeout': text('15s', parseTimeoutMs).optional(),
  'line-rate': text('10gbit', parseRate).optional(),
  bandwidth: text('5gbit', parseRate).optional(),
  'over-budget': choice(OVER_BUDGET_ACTIONS).optional(),
  brake: choice(BRAKE_TIMES).optional(),
  'brake-for': text('10s', parseTimeoutMs).optional(),
  ignore: textOr(parseYesOrNo, z.boolean({ error: 'it is neither true nor false' })).optional(),
};

/** What the file may say and a domain's metadata may not: those who write that must not take an encryption away. */
const fileShape = {
  ...settingShape,
  tls: z.boolean({ error: 'write true or false, without quotes' }).optional(),
  'tls-dir': folder('/etc/pki/qemu').optional(),
};

const classShape = {
  class: z
    .string({ error: 'write it as text, like "batch"' })
    .min(1, 'it is empty: name a class, like "batch"')
    .optional(),
};

function statedOf(given: z.output<z.ZodObject<typeof fileShape>>): Stated {
  return stated({
    policy: given.policy,
    policyOption: given['policy-option'],
    downtimeMs: given.downtime,
    maxDowntimeMs: given['max-downtime'],
    timeoutMs: given.timeout,
    stallTimeoutMs: given['stall-timeout'],
    lineRateBytesPerSecond: given['line-rate'],
    bandwidthBytesPerSecond: given.bandwidth,
    overBudget: given['over-budget'],
    brake: given.brake,
    brakeForMs: given['brake-for'],
    ignore: given.ignore,
    tls: given.tls,
    tlsDir: given['tls-dir'],
  });
}

/** The message for what is no table; other issues keep their own. */
const tableOf = (name: string) => (issue: { code?: string }) =>
  issue.code === 'invalid_type' ? `it must be a table: write ${name} on a line of its own` : undefined;

export const defaultsSchema = z.strictObject(fileShape, { error: tableOf('[defaults]') }).transform(statedOf);

/** The attributes of the element in a domain's metadata. */
export const metadataSchema = z
  .strictObject({ ...settingShape, ...classShape })
  .transform((given) => ({ class: given.class, stated: statedOf(given) }));

const nameSchema = text('db-*', (pattern) => ({ pattern, regExp: parseGlob(pattern) }));

export const domainSchema = z
  .strictObject(
    { name: oneOrMore(nameSchema, 'pattern, like "db-*"').optional(), ...classShape, ...fileShape },
    { error: tableOf('[[domain]]') },
  )
  .refine((given) => 'name' in given || 'class' in given, {
    // Also where something else is wrong with the entry.
    when: ({ value }) => typeof value === 'object' && value !== null,
    error: 'the entry does not say which domains it is for: give it a name, like "db-*", or a class',
  })
  .transform((given) => ({ names: given.name, class: given.class, stated: statedOf(given) }));

const hostSchema = z
  .string({ error: 'write it as text, like "qemu:///system"' })
  // virsh must not take it for an option.
  .regex(/^[^\s-]\S*$/, { error: ({ input }) => `${JSON.stringify(input)} is no libvirt URI` });

export const watchSchema = z
  .strictObject(
    {
      connect: oneOrMore(hostSchema, 'host, like "qemu:///system"')
        .refine((hosts) => new Set(hosts).size === hosts.length, { error: 'a host is named twice' })
        .default(['qemu:///system']),
      'state-dir': folder('/var/lib/switchover').optional(),
      metadata: choice(METADATA_TRUST).default('trusted'),
      insist: z.boolean({ error: 'write true or false, without quotes' }).optional(),
      'share-link': z.boolean({ error: 'write true or false, without quotes' }).default(false),
    },
    { error: tableOf('[watch]') },
  )
  .transform((given) => ({
    connect: given.connect,
    stateDir: given['state-dir'],
    metadata: given.metadata,
    insist: given.insist,
    shareLink: given['share-link'],
  }));

export const ceilingsSchema = z
  .strictObject(
    {
      'max-downtime': settingShape['max-downtime'],
      'brake-for': settingShape['brake-for'],
      'over-budget': oneOrMore(choice(OVER_BUDGET_ACTIONS), 'action, like "abort"').optional(),
    },
    { error: tableOf('[ceilings]') },
  )
  .transform((given) => ({
    maxDowntimeMs: given['max-downtime'],
    brakeForMs: given['brake-for'],
    overBudget: given['over-budget'],
  }));

export const fileSchema = z.strictObject({
  watch: watchSchema.prefault({}),
  defaults: defaultsSchema.prefault({}),
  ceilings: ceilingsSchema.prefault({}),
  domain: z
    .array(domainSchema, { error: 'it is a list of tables: write [[domain]], in double brackets' })
    .default([]),
});

/** The keys that a table takes, for the sentence about one that it does not take. */
export const KEYS = {
  file: Object.keys(fileSchema.shape),
  watch: ['connect', 'state-dir', 'metadata', 'insist', 'share-link'],
  defaults: Object.keys(fileShape),
  ceilings: ['max-downtime', 'brake-for', 'over-budget'],
  domain: ['name', 'class', ...Object.keys(fileShape)],
  metadata: ['class', ...Object.keys(settingShape)],
} as const;
