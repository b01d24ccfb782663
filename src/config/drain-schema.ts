/** `[drain]`: what holds for each `switchover drain` that does not say otherwise. */
import { z } from 'zod';
import { ORDERS } from '../drain/order.ts';
import type { DrainConfig } from './drain-config.ts';
import { MOST_AT_A_TIME, parseReserveBytes, parseTimeoutMs } from './values.ts';
import { choice, tableOf, text } from './written.ts';

const COUNT_WORDS = `it takes a number from 1 to ${MOST_AT_A_TIME}`;

export const drainShape = {
  'at-a-time': z.int({ error: COUNT_WORDS }).min(1, COUNT_WORDS).max(MOST_AT_A_TIME, COUNT_WORDS).optional(),
  order: choice(ORDERS).optional(),
  reserve: text('8GiB', parseReserveBytes).optional(),
  'shutdown-timeout': text('5min', parseTimeoutMs).optional(),
};

export const drainSchema = z.strictObject(drainShape, { error: tableOf('[drain]') }).transform(
  (given): DrainConfig => ({
    atATime: given['at-a-time'],
    order: given.order,
    reserveBytes: given.reserve,
    shutdownTimeoutMs: given['shutdown-timeout'],
  }),
);
