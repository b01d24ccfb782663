/** What was asked for with a drain, as its row keeps it: whichever controller goes on with it goes by that. */
import { z } from 'zod';
import type { Config, Domain } from '../config/config.ts';
import { definedOnly } from '../config/defined-only.ts';
import { noticeOf } from '../config/notice.ts';
import { limitsOf, policyOf, type Settings, type Stated, stated } from '../config/settings.ts';
import { settingsOver } from '../config/settings-over.ts';
import { START_WHEN } from '../drain/calm.ts';
import { ORDERS } from '../drain/order.ts';
import { STAGES } from '../drain/stages.ts';
import { USUAL } from '../drain/usual.ts';
import { type StreamTls, tlsFrom } from '../hypervisor/stream-tls.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';

const drainSettingsSchema = z.object({
  /** Hosts that VMs may go to, as the source reaches them. */
  to: z.array(z.object({ uri: z.string(), migrateUri: z.string().optional() })),
  order: z.enum(ORDERS),
  /** The most calm VMs on a link. */
  atATime: z.number(),
  /** Kept free on each destination; left out: as much as the largest VM that runs there. */
  reserveBytes: z.number().optional(),
  /** Groups of VM names of which no two may be on one host. */
  apart: z.array(z.array(z.string())),
  /** What all its VMs together may take of a host's link, in bytes per second; left out: all of it. */
  linkBudgetBytesPerSecond: z.number().positive().optional(),
  /** Times in which moves may begin, as they were written; left out: at any time. */
  windows: z.array(z.string()).readonly().optional(),
  /** When moves begin: left out, as soon as there is a slot; `calm`: a VM that is busy waits for a calmer moment. */
  startWhen: z.enum(START_WHEN).optional(),
  /** How long each may wait for that, in ms; left out: as the deadline allows. */
  calmWithinMs: z.number().positive().optional(),
  /** Although guests may lose memory. */
  force: z.boolean(),
  /** How long a VM that is shut down may take until it is off, in ms; left out: five minutes. */
  shutdownTimeoutMs: z.number().optional(),
  /** At the deadline what is on its way is cancelled. */
  abortRunning: z.boolean().optional(),
  /** Stages of which whoever carries it out has to have a program. Never the programs. */
  hooks: z.array(z.enum(STAGES)).optional(),
  /** Once it is released what it moved away comes back. */
  returns: z.boolean().optional(),
  /** It is a return itself. */
  isReturn: z.boolean().optional(),
  /** Settings that were stated for all its VMs: they go before what the configuration says. */
  stated: z.record(z.string(), z.unknown()),
});

export type DrainSettings = z.infer<typeof drainSettingsSchema>;

/** @throws {Error} where another switchover wrote it in a way that this one does not know */
export function parseDrainSettings(settings: unknown): DrainSettings {
  return drainSettingsSchema.parse(settings);
}

/** How a drain goes about it. */
export type Manner = Pick<
  DrainSettings,
  | 'order'
  | 'atATime'
  | 'reserveBytes'
  | 'shutdownTimeoutMs'
  | 'linkBudgetBytesPerSecond'
  | 'windows'
  | 'startWhen'
  | 'calmWithinMs'
>;

/** What was asked for, or `[drain]` says, or is usual. */
export function mannerOf(
  asked: { readonly [Key in keyof Manner]?: Manner[Key] | undefined },
  { drain }: Config,
): Manner {
  return {
    order: asked.order ?? drain.order ?? USUAL.order,
    atATime: asked.atATime ?? drain.atATime ?? USUAL.atATime,
    ...definedOnly({
      reserveBytes: asked.reserveBytes ?? drain.reserveBytes,
      shutdownTimeoutMs: asked.shutdownTimeoutMs ?? drain.shutdownTimeoutMs,
      linkBudgetBytesPerSecond: asked.linkBudgetBytesPerSecond ?? drain.linkBudgetBytesPerSecond,
      windows: asked.windows ?? drain.windows,
      startWhen: asked.startWhen ?? drain.startWhen,
      calmWithinMs: asked.calmWithinMs ?? drain.calmWithinMs,
    }),
  };
}

/**
 * A wait for a calmer moment needs a bound, and a bound a wait.
 * @param hasDeadline whether the drain has one @returns what is wrong, a sentence
 */
export function calmProblem(
  asked: Pick<Manner, 'startWhen' | 'calmWithinMs'>,
  manner: Pick<Manner, 'startWhen' | 'calmWithinMs'>,
  hasDeadline: boolean,
): string | undefined {
  if (manner.startWhen === 'calm')
    return manner.calmWithinMs === undefined && !hasDeadline
      ? 'a wait for a calmer moment needs a bound: say how long each VM may wait (--calm-within 2h, or calmWithinMs), or give the drain a deadline'
      : undefined;
  // What the configuration says for drains that wait is not in the way of one that does not.
  return asked.calmWithinMs === undefined
    ? undefined
    : 'it is said how long a VM may wait for a calmer moment (--calm-within, or calmWithinMs), and none is waited for: add --start-when calm (startWhen), or leave it out';
}

/** What a VM says of itself to drains. */
export type OwnSettings = Pick<Settings, 'maintenance' | 'apart' | 'priority'>;

export interface VmSettings extends OwnSettings {
  readonly limits: Limits;
  readonly kind: PolicyKind;
  /** So long before its move its guest is told; 0: it is not. */
  readonly noticeMs: number;
  /** Undefined: as the hypervisors are set already. */
  readonly tls: StreamTls | undefined;
}

/**
 * What was asked for before the domain's metadata, `[[domain]]`, `[defaults]` and what is built in.
 * @param forIt what was stated for that VM alone, before all else
 */
export function vmSettingsOf(
  config: Config,
  domain: Domain,
  drain: Pick<DrainSettings, 'stated'>,
  forIt: Readonly<Record<string, unknown>> = {},
): VmSettings {
  const own = { from: 'the drain', stated: stated({ ...drain.stated, ...forIt } as Stated) };
  const { settings } = settingsOver(config, domain, own);
  const tls = settings.tls ? tlsFrom(settings.tlsDir) : undefined;
  const { noticeMs } = noticeOf(config, domain);
  return { ...ownOf(settings), limits: limitsOf(settings), kind: policyOf(settings), noticeMs, tls };
}

export function ownOf({ maintenance, apart, priority }: Settings): OwnSettings {
  return { maintenance, apart, priority };
}

/** Names of groups, as they are kept with each VM. */
export function groupsOf(name: string, apart: readonly (readonly string[])[]): string[] {
  return apart.filter((group) => group.includes(name)).map((group) => group.join(', '));
}

/** A host's links: what leaves it and what comes to it are not in each other's way. */
export function linkFrom(host: string): string {
  return `from ${host}`;
}

export function linkTo(host: string): string {
  return `to ${host}`;
}
