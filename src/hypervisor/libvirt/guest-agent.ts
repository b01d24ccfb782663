/**
 * The QEMU guest agent of a domain: what it runs in the guest for us. It is a program of somebody else's, so each answer is
 * waited for a few seconds only, checked, and never told in full.
 */
import { z } from 'zod';
import { type Access, REAL_ACCESS } from './access.ts';
import { at, attributeOf, childrenOf, parseXml } from './domain/xml.ts';
import { VirshError, VirshTimeoutError } from './virsh/virsh.ts';

/** The program was not run in the guest, or ended with a failure, or nobody knows: a sentence. */
export class GuestAgentError extends Error {
  override readonly name = 'GuestAgentError';
}

interface DomainOf {
  readonly uri: string;
  readonly uuid: string;
}

/** By which libvirt finds it. */
const CHANNEL = 'org.qemu.guest_agent.0';

/** What libvirt waits for each answer. */
const ANSWER_S = 5;
/** virsh itself, and the way to its host. */
const VIRSH_MS = 15_000;
/** How long the program is looked at; one that runs on by then is well. */
const LOOKS_MS = [100, 400, 1500];
const LONGEST_ANSWER = 65_536;

const startedSchema = z.object({ return: z.object({ pid: z.int().nonnegative() }) });
const statusSchema = z.object({
  return: z.object({
    exited: z.boolean(),
    exitcode: z.int().optional(),
    signal: z.int().optional(),
  }),
});

/**
 * By the domain's XML alone.
 * @returns why nothing in the guest would answer, a sentence; undefined: something may
 * @throws {XmlError}
 */
export function whyNoAgent(xml: string): string | undefined {
  const channels = childrenOf(at(parseXml(xml), 'devices'), 'channel');
  const targets = channels.map((channel) => at(channel, 'target'));
  const target = targets.find((each) => attributeOf(each, 'name') === CHANNEL);
  if (!target) return `it has no channel for a guest agent (${CHANNEL})`;
  return attributeOf(target, 'state') === 'disconnected' ? 'no guest agent runs in it' : undefined;
}

/**
 * Starts a program in the guest, and looks for two seconds whether it fails.
 * @param path in the guest @throws {GuestAgentError}
 */
export async function runInGuest(
  domain: DomainOf,
  { path, args }: { readonly path: string; readonly args: readonly string[] },
  access = REAL_ACCESS,
): Promise<void> {
  const { pid } = await ask(domain, 'guest-exec', { path, arg: args }, startedSchema, access);
  for (const ms of LOOKS_MS) {
    await access.clock.sleep(ms);
    const status = await ask(domain, 'guest-exec-status', { pid }, statusSchema, access);
    if (!status.exited) continue;
    if (status.exitcode === 0) return;
    const how =
      status.exitcode === undefined
        ? `was ended by signal ${status.signal ?? '?'}`
        : `ended with status ${status.exitcode}`;
    throw new GuestAgentError(`${path} in it ${how}`);
  }
}

async function ask<T>(
  { uri, uuid }: DomainOf,
  command: string,
  given: Readonly<Record<string, unknown>>,
  schema: z.ZodType<{ return: T }>,
  { virsh }: Access,
): Promise<T> {
  const json = JSON.stringify({ execute: command, arguments: given });
  const args = ['qemu-agent-command', `--domain=${uuid}`, `--timeout=${ANSWER_S}`, `--cmd=${json}`];
  let answer: string;
  try {
    answer = await virsh.ask(uri, args, VIRSH_MS);
  } catch (error) {
    if (!(error instanceof VirshError) && !(error instanceof VirshTimeoutError)) throw error;
    throw new GuestAgentError(`its guest agent: ${error.message}`, { cause: error });
  }
  const parsed = answer.length > LONGEST_ANSWER ? undefined : schema.safeParse(jsonOf(answer));
  if (parsed?.success) return parsed.data.return;
  throw new GuestAgentError(`its guest agent answers ${command} with what is no answer`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
