/** `[drain]`: what holds for each `switchover drain` that does not say otherwise. */
import { z } from 'zod';
import { START_WHEN } from '../drain/calm.ts';
import { ORDERS } from '../drain/order.ts';
import { STAGES } from '../drain/stages.ts';
import { parseWindow } from '../drain/window.ts';
import { parseRate } from '../model/units.ts';
import { definedOnly } from './defined-only.ts';
import type { DrainConfig } from './drain-config.ts';
import {
  HIGHEST_PRIORITY,
  MOST_AT_A_TIME,
  PRIORITY_WORDS,
  parseReserveBytes,
  parseTimeoutMs,
} from './values.ts';
import { choice, oneOrMore, tableOf, text } from './written.ts';

const COUNT_WORDS = `it takes a number from 1 to ${MOST_AT_A_TIME}`;

const PROGRAM_WORDS =
  'write the program and its arguments as a list, like ["/usr/local/bin/notify", "--quiet"]';
const program = z.array(z.string({ error: PROGRAM_WORDS }), { error: PROGRAM_WORDS }).min(1, PROGRAM_WORDS);

export const drainShape = {
  'at-a-time': z.int({ error: COUNT_WORDS }).min(1, COUNT_WORDS).max(MOST_AT_A_TIME, COUNT_WORDS).optional(),
  order: choice(ORDERS).optional(),
  priority: z
    .int({ error: PRIORITY_WORDS })
    .min(0, PRIORITY_WORDS)
    .max(HIGHEST_PRIORITY, PRIORITY_WORDS)
    .optional(),
  reserve: text('8GiB', parseReserveBytes).optional(),
  'link-budget': text('5gbit', parseRate).optional(),
  window: oneOrMore(
    text('22:00-04:00', (given) => parseWindow(given).text),
    'window',
  ).optional(),
  'start-when': choice(START_WHEN).optional(),
  'calm-within': text('2h', parseTimeoutMs).optional(),
  'before-host': program.optional(),
  'after-host': program.optional(),
  'before-vm': program.optional(),
  'after-vm': program.optional(),
  'hook-timeout': text('10min', parseTimeoutMs).optional(),
  'shutdown-timeout': text('5min', parseTimeoutMs).optional(),
};

export const drainSchema = z.strictObject(drainShape, { error: tableOf('[drain]') }).transform(
  (given): DrainConfig => ({
    atATime: given['at-a-time'],
    order: given.order,
    priority: given.priority,
    reserveBytes: given.reserve,
    linkBudgetBytesPerSecond: given['link-budget'],
    windows: given.window,
    startWhen: given['start-when'],
    calmWithinMs: given['calm-within'],
    hooks: STAGES.some((stage) => given[stage])
      ? definedOnly(Object.fromEntries(STAGES.map((stage) => [stage, given[stage]])))
      : undefined,
    hookTimeoutMs: given['hook-timeout'],
    shutdownTimeoutMs: given['shutdown-timeout'],
  }),
);
