/**
 * Settings of a VM as they are written, checked and turned into what the program uses: one schema for the file and for a
 * domain's metadata, where everything is text. `packaging/switchover.toml` shows all of them.
 */
import { z } from 'zod';
import { parseRate } from '../model/units.ts';
import { OWN_POLICY_NAMES, peerRefusal } from '../policy/own-policy-words.ts';
import { PEER_NAMES } from '../policy/peers/peer-names.ts';
import { BRAKE_TIMES, OVER_BUDGET_ACTIONS } from '../policy/policy.ts';
import { MAINTENANCE, type Stated, stated } from './settings.ts';
import {
  HIGHEST_PRIORITY,
  PRIORITY_WORDS,
  parseDowntimeMs,
  parseMaxDowntimeMs,
  parseNames,
  parsePolicyOptions,
  parsePriority,
  parseTimeoutMs,
  parseYesOrNo,
} from './values.ts';
import { choice, folder, oneOrMore, text, textOr } from './written.ts';

const policy = z.enum([...OWN_POLICY_NAMES], {
  error: ({ input }) =>
    typeof input === 'string' && PEER_NAMES.includes(input)
      ? peerRefusal(input)
      : `${JSON.stringify(input)} is not known: choose ${OWN_POLICY_NAMES.join(', ')}`,
});

const parameter = z.union([z.string(), z.number()], { error: 'write it as text or as a number' });

const groupName = z
  .string({ error: 'write it as text, like "db"' })
  .regex(/^[^\s,]+$/, { error: 'the name of a group is one word, like "db"' });

export const settingShape = {
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
  maintenance: choice(MAINTENANCE).optional(),
  apart: textOr(parseNames, oneOrMore(groupName, 'group, like "db"')).optional(),
  priority: textOr(
    parsePriority,
    z.int({ error: PRIORITY_WORDS }).min(0, PRIORITY_WORDS).max(HIGHEST_PRIORITY, PRIORITY_WORDS),
  ).optional(),
};

/** What the file may say and a domain's metadata may not: those who write that must not take an encryption away. */
export const fileShape = {
  ...settingShape,
  tls: z.boolean({ error: 'write true or false, without quotes' }).optional(),
  'tls-dir': folder('/etc/pki/qemu').optional(),
};

export const classShape = {
  class: z
    .string({ error: 'write it as text, like "batch"' })
    .min(1, 'it is empty: name a class, like "batch"')
    .optional(),
};

export function statedOf(given: z.output<z.ZodObject<typeof fileShape>>): Stated {
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
    maintenance: given.maintenance,
    apart: given.apart,
    priority: given.priority,
    tls: given.tls,
    tlsDir: given['tls-dir'],
  });
}

/** What is no setting of a migration: drains read it by themselves (notice.ts), and tell what is wrong with it. */
const drainsOwnShape = { notice: z.string().optional() };

/** The attributes of the element in a domain's metadata. */
export const metadataSchema = z
  .strictObject({ ...settingShape, ...classShape, ...drainsOwnShape })
  .transform((given) => ({ class: given.class, stated: statedOf(given) }));

/** The keys that an element takes, for the sentence about one that it does not take. */
export const METADATA_KEYS = ['class', ...Object.keys(settingShape), ...Object.keys(drainsOwnShape)];
