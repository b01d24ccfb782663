/** The form for one migration: what is written into it, and the requests that it stands for. */
import type { PlanRequest, StartRequest } from '../api-types.ts';
import { type Parsed, parseDuration, parseRate, valuesOf } from './parse.ts';

export const EMPTY_FORM = {
  vm: '',
  connect: '',
  destination: '',
  migrateUri: '',
  listenUri: '',
  policy: '',
  downtime: '',
  maxDowntime: '',
  timeout: '',
  bandwidth: '',
  lineRate: '',
  overBudget: '',
  reason: '',
  correlationId: '',
};
export type StartForm = typeof EMPTY_FORM;

/** Those with a unit. Undefined: left empty, so that the service has its own setting for it. */
export function figuresOf(form: StartForm) {
  return {
    downtimeMs: unlessEmpty(form.downtime, parseDuration),
    maxDowntimeMs: unlessEmpty(form.maxDowntime, parseDuration),
    timeoutMs: unlessEmpty(form.timeout, parseDuration),
    bandwidthBytesPerSecond: unlessEmpty(form.bandwidth, parseRate),
    lineRateBytesPerSecond: unlessEmpty(form.lineRate, parseRate),
  };
}

function unlessEmpty(text: string, parse: (text: string) => Parsed): Parsed | undefined {
  return text.trim() === '' ? undefined : parse(text);
}

export function isWrong(form: StartForm): boolean {
  return Object.values(figuresOf(form)).some((each) => each && 'problem' in each);
}

export function startRequestOf(form: StartForm): StartRequest {
  const { reason, correlationId } = form;
  return {
    ...wishOf(form),
    destination: form.destination.trim(),
    ...written({ reason, correlationId }),
  };
}

/** The destination may still be open. */
export function planRequestOf(form: StartForm): PlanRequest {
  return { ...wishOf(form), ...written({ destination: form.destination }) };
}

function wishOf(form: StartForm): PlanRequest {
  const { connect, migrateUri, listenUri, policy, overBudget } = form;
  return {
    vm: form.vm.trim(),
    ...valuesOf(figuresOf(form)),
    ...written({ connect, migrateUri, listenUri, policy, overBudget }),
  };
}

function written(words: Readonly<Record<string, string>>): Partial<Record<string, string>> {
  const trimmed = Object.entries(words).map(([name, text]) => [name, text.trim()] as const);
  return Object.fromEntries(trimmed.filter(([, text]) => text !== ''));
}

/** A way out that a plan names, as what is to be written into the form; undefined where it is nothing of the form. */
export function formOfWayOut(option: string): Partial<StartForm> | undefined {
  const [, name, value = ''] = /^--(max-downtime|timeout|policy|over-budget) (\S+)$/.exec(option) ?? [];
  switch (name) {
    case 'max-downtime':
      return { maxDowntime: value };
    case 'timeout':
      return { timeout: value };
    case 'policy':
      return { policy: value };
    case 'over-budget':
      return { overBudget: value };
    default:
      return option === 'no --bandwidth' ? { bandwidth: '' } : undefined;
  }
}
