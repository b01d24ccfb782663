/** The configuration file as it is written, checked. `packaging/switchover.toml` shows all of it. */
import { z } from 'zod';
import { OVER_BUDGET_ACTIONS } from '../policy/policy.ts';
import { METADATA_TRUST } from './config.ts';
import { drainSchema, drainShape } from './drain-schema.ts';
import { parseGlob } from './glob.ts';
import { NOTICE, parseNoticeMs } from './notice.ts';
import { classShape, fileShape, settingShape, statedOf } from './settings-schema.ts';
import { choice, folder, oneOrMore, tableOf, text } from './written.ts';

export const defaultsSchema = z.strictObject(fileShape, { error: tableOf('[defaults]') }).transform(statedOf);

const nameSchema = text('db-*', (pattern) => ({ pattern, regExp: parseGlob(pattern) }));

export const domainSchema = z
  .strictObject(
    {
      name: oneOrMore(nameSchema, 'pattern, like "db-*"').optional(),
      ...{ ...classShape, ...fileShape },
      [NOTICE]: text('60s', parseNoticeMs).optional(),
    },
    { error: tableOf('[[domain]]') },
  )
  .refine((given) => 'name' in given || 'class' in given, {
    // Also where something else is wrong with the entry.
    when: ({ value }) => typeof value === 'object' && value !== null,
    error: 'the entry does not say which domains it is for: give it a name, like "db-*", or a class',
  })
  .transform((given) => ({
    ...{ names: given.name, class: given.class, stated: statedOf(given) },
    noticeMs: given[NOTICE],
  }));

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
  drain: drainSchema.prefault({}),
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
  domain: ['name', 'class', ...Object.keys(fileShape), NOTICE],
  drain: Object.keys(drainShape),
} as const;
