/** What a webhook is told, and when there is something to tell: pure. */
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { LiveMigration } from '../live-migrations.ts';
import { type MigrationSummary, migrationSummarySchema, summaryOf } from '../migration-summary.ts';
import type { Env } from '../route-parts.ts';
import type { Webhook } from './webhooks-file.ts';

/** As a filter names them; as a type `migration.` stands before each. */
export const EVENT_NAMES = ['started', 'switching-over', 'ended', 'needs-attention'] as const;
export type EventName = (typeof EVENT_NAMES)[number];

export const webhookEventSchema = z
  .object({
    type: z
      .enum([
        'migration.started',
        'migration.switching-over',
        'migration.ended',
        'migration.needs-attention',
        'webhook.test',
      ])
      .describe(
        'started: its memory is being copied; needs-attention: it has ended, and a person or a longer pause is needed; webhook.test: an example, of `switchover webhook test`',
      ),
    timestamp: z.iso.datetime().describe('when that was'),
    data: migrationSummarySchema.describe('as it was then'),
  })
  .openapi('WebhookEvent');

export type WebhookEvent = z.infer<typeof webhookEventSchema>;

/** Into the OpenAPI document. */
export function describeWebhook(app: OpenAPIHono<Env>): void {
  app.openAPIRegistry.registerWebhook({
    operationId: 'hearOfMigration',
    tags: ['migrations'],
    method: 'post',
    path: 'migration',
    // Whoever receives it sees by the signature who sent it.
    security: [],
    summary:
      'what happens to migrations, to each URL of `switchover serve --webhooks FILE`; signed as standardwebhooks.com has it',
    request: { body: { content: { 'application/json': { schema: webhookEventSchema } } } },
    responses: { '2XX': { description: 'it is taken; all else is tried again' } },
  });
}

/** What of a migration has been told already. */
export interface Told {
  /** It was begun by a service before this one. */
  readonly isOlder: boolean;
  readonly events: ReadonlySet<EventName>;
}

/**
 * What is new. Asked at each entry of a journal, so it computes next to nothing where nothing is.
 * @param told undefined: it is seen for the first time
 */
export function newsOf(live: LiveMigration, told: Told | undefined): EventName[] {
  const { view, writer } = live;
  const { outcome } = view;
  const news: EventName[] = [];
  const isNew = (event: EventName) => !told?.events.has(event);
  const hasBegun = view.lastTick !== undefined || view.boundaries.length > 0;
  if (hasBegun && told?.isOlder === false && isNew('started')) news.push('started');
  if (view.state === 'switching-over' && isNew('switching-over')) news.push('switching-over');
  // One that was let go of goes on.
  if (outcome === undefined || outcome.outcome === 'detached' || writer !== undefined) return news;
  if (isNew('ended')) news.push('ended');
  if ((outcome.runsOn === 'unknown' || outcome.neededPauseMs !== null) && isNew('needs-attention'))
    news.push('needs-attention');
  return news;
}

export function eventOf(live: LiveMigration, event: EventName): WebhookEvent {
  return { type: `migration.${event}`, timestamp: live.updatedAt, data: summaryOf(live) };
}

export function wants({ events, outcomes, vms }: Webhook, event: EventName, data: MigrationSummary): boolean {
  if (!events.includes(event)) return false;
  if (vms && !vms.some((pattern) => pattern.test(data.vm))) return false;
  return outcomes === undefined || data.outcome === null || outcomes.includes(data.outcome);
}

/** An example, of a guest that there is nowhere. */
export function testEvent(now: Date): WebhookEvent {
  const time = now.toISOString();
  return {
    type: 'webhook.test',
    timestamp: time,
    data: {
      id: 'example',
      vm: 'example',
      vmUuid: '00000000-0000-0000-0000-000000000000',
      source: 'qemu:///system#example',
      destination: 'qemu+ssh://root@host2/system#example',
      policy: 'forecast',
      origin: 'migrate',
      startedAt: time,
      updatedAt: time,
      revision: 1,
      state: 'ended',
      final: true,
      outcome: 'completed',
      runsOn: 'destination',
      followed: false,
      pass: 2,
      elapsedMs: 12_000,
      memoryBytes: 2 ** 30,
      remainingBytes: 0,
      sentBytes: 2 ** 30,
      transferBytesPerSecond: null,
      dirtyBytesPerSecond: null,
      forecastPauseMs: 400,
      forecastEndMs: null,
      downtimeMs: 300,
      maxDowntimeMs: 1000,
      bandwidthBytesPerSecond: null,
      pauseMs: 380,
      encrypted: true,
      braked: false,
      waitsFor: 'an example: `switchover webhook test` sent it, and nothing has migrated',
      requestedBy: null,
      reason: null,
      correlationId: null,
      reasons: [],
      actions: [],
    },
  };
}
