/**
 * What systemd is told of the daemon (sd_notify(3)): that it is ready, what it does, and, as long as it works, that it
 * lives. A unit with `WatchdogSec=` kills and restarts a daemon that does not say so in time.
 *
 * The words are datagrams on a unix socket, which Node has not. systemd's own `systemd-notify` sends them: a process of
 * some milliseconds for each beat, started by the very event loop whose standing still is to be noticed. It waits until systemd
 * has taken the word (a barrier, from systemd 246 on), so that systemd still finds out which unit its sender is of. That is a child of the
 * daemon: the unit needs `NotifyAccess=all`.
 */
import { spawn } from 'node:child_process';
import { shown } from '../model/shown.ts';

/** systemd-notify gives up waiting for the barrier after 5 s. */
const SENT_WITHIN_MS = 6000;
/** Of the time after which systemd kills: two beats may come late or be lost. */
const BEATS_PER_WATCHDOG = 3;
/** Without a watchdog only the words change, and nobody waits for them. */
const BEAT_MS = 10_000;

/** How the daemon is. */
export interface Health {
  /** One line, for `systemctl status`. */
  readonly words: string;
  /** What hangs, so that only a new start helps; undefined: nothing does. */
  readonly hangs: string | undefined;
}

export interface ServiceManagerParts {
  /** systemd's NOTIFY_SOCKET. */
  readonly socket: string;
  /** systemd kills a daemon that is silent for longer; undefined: it does not. */
  readonly watchdogMs: number | undefined;
  health(): Health;
  say(sentence: string): void;
}

/**
 * What systemd has said in the environment. It is taken out of it: no virsh and no ssh that is started from now on can speak
 * for the daemon.
 * @returns undefined where nobody wants to be told
 */
export function takeServiceManager(
  env: NodeJS.ProcessEnv,
  pid = process.pid,
): Pick<ServiceManagerParts, 'socket' | 'watchdogMs'> | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: watched } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (socket === undefined || socket === '') return undefined;
  // Meant for another process of the unit, where its number is another.
  const isOurs = watched === undefined || watched === String(pid);
  const watchdogMs = Number(usec) / 1000;
  return { socket, watchdogMs: isOurs && watchdogMs > 0 ? watchdogMs : undefined };
}

export class ServiceManager {
  private readonly parts: ServiceManagerParts;
  private readonly timer: NodeJS.Timeout;
  private sending: Promise<void> | undefined;
  /** What systemd has heard. */
  private heard = { ready: false, status: '' };
  private hangs = false;
  private isComplained = false;

  /** Ready from now on, and alive until {@link stopping}. */
  constructor(parts: ServiceManagerParts) {
    this.parts = parts;
    const { watchdogMs } = parts;
    this.timer = setInterval(
      () => this.beat(),
      watchdogMs === undefined ? BEAT_MS : watchdogMs / BEATS_PER_WATCHDOG,
    );
    this.beat();
  }

  /** The last word: from now on no beat is owed. Never rejects. */
  async stopping(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    await this.send(['STOPPING=1', 'STATUS=ending: migrations under way go on without switchover']);
  }

  private beat(): void {
    const { watchdogMs } = this.parts;
    const { words, hangs } = this.parts.health();
    if (hangs !== undefined && !this.hangs) this.warn(hangs);
    this.hangs = hangs !== undefined;
    // systemd has not taken the last word yet: the next beat says this one's.
    if (this.sending !== undefined) return;
    const status = hangs === undefined ? words : `hangs: ${hangs}`;
    const said: string[] = [];
    if (!this.heard.ready) said.push('READY=1');
    if (hangs === undefined && watchdogMs !== undefined) said.push('WATCHDOG=1');
    if (status !== this.heard.status) said.push(`STATUS=${shown(status)}`);
    if (said.length === 0) return;
    this.sending = this.send(said).then((isHeard) => {
      this.sending = undefined;
      if (isHeard) this.heard = { ready: true, status };
    });
  }

  private warn(hangs: string): void {
    const remedy = this.parts.watchdogMs === undefined ? 'restart it' : 'systemd restarts it';
    this.parts.say(
      `WARNING: this daemon hangs (${hangs}): ${remedy}; migrations go on by themselves meanwhile`,
    );
  }

  /** @returns whether systemd has heard it */
  private async send(words: readonly string[]): Promise<boolean> {
    const problem = await problemSending(words, this.parts.socket);
    if (problem !== undefined && !this.isComplained) {
      this.isComplained = true;
      this.parts.say(
        `systemd cannot be told how this daemon is (${problem}): put systemd-notify on its PATH, or set Type=exec and WatchdogSec=0 in its unit`,
      );
    }
    return problem === undefined;
  }
}

/** @returns undefined where it was sent */
async function problemSending(words: readonly string[], socket: string): Promise<string | undefined> {
  const child = spawn('systemd-notify', words, {
    env: { ...process.env, NOTIFY_SOCKET: socket },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), SENT_WITHIN_MS);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  return await new Promise<string | undefined>((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('close', (status, signal) =>
      resolve(status === 0 ? undefined : complaint.trim() || `systemd-notify ended with ${signal ?? status}`),
    );
  }).finally(() => clearTimeout(timer));
}
