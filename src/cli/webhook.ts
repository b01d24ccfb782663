import { deliver } from '../service/webhooks/deliver.ts';
import { testEvent } from '../service/webhooks/webhook-event.ts';
import { loadWebhooks } from '../service/webhooks/webhooks-file.ts';
import { EXIT } from './exit-status.ts';
import { UsageError } from './usage-error.ts';

/** `switchover webhook test`. @returns the exit status @throws {ConfigError} @throws {UsageError} */
export async function testWebhooks(file: string, { only }: { readonly only?: string }): Promise<number> {
  const all = loadWebhooks(file);
  const webhooks = all.filter(({ name }) => only === undefined || name === only);
  if (webhooks.length === 0)
    throw new UsageError(
      `there is no webhook ${only} in ${file}: there is ${all.map(({ name }) => name).join(', ')}`,
    );
  let status: number = EXIT.migrated;
  for (const webhook of webhooks) {
    const now = new Date();
    const message = { id: `test.${now.getTime()}`, body: JSON.stringify(testEvent(now)) };
    const delivered = await deliver(webhook, message, new AbortController().signal);
    if (!delivered.taken) status = EXIT.refused;
    process.stdout.write(
      `${webhook.name}: ${delivered.taken ? 'it has taken an example' : `it has not taken an example: ${delivered.why}`}\n`,
    );
  }
  return status;
}
