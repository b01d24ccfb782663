/**
 * A memory-intensive guest and an idle one between two libvirt hosts, in turn, beside a `switchover watch` that follows both
 * all the time: every second round they are sent off by `switchover migrate`, else by plain virsh, and watch takes over.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { verifyArrival } from '../lab/arrival.ts';
import { LOOP } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import type { LibvirtGuest } from '../lab/libvirt/libvirt-guest.ts';
import type { LibvirtHost } from '../lab/libvirt/libvirt-host.ts';
import { type LibvirtLab, openLibvirtLab } from '../lab/libvirt/libvirt-lab.ts';
import { Running } from '../lab/switchover-process.ts';
import { waitFor } from '../lab/wait.ts';
import type { Course, Footprint, Hop } from './course.ts';
import { drawWish } from './drawn.ts';
import { heldBy, leftBehind } from './footprint.ts';

const GUESTS: readonly { readonly name: string; readonly workload: Workload }[] = [
  { name: 'loop', workload: LOOP },
  { name: 'idle', workload: { kind: 'idle' } },
];
const MEMORY_MIB = 256;

interface Told {
  readonly event?: string;
  readonly domain?: string;
  readonly outcome?: Outcome;
}

interface Outcome {
  readonly outcome: string;
  readonly runsOn: string;
  readonly reason: string;
  readonly pauseMs: number | null;
}

export class LibvirtCourse implements Course {
  private readonly seed: number;
  private readonly lab: LibvirtLab;
  private readonly guests: readonly LibvirtGuest[];
  private readonly stateDir: string;
  private readonly temporary: string;
  private readonly watch: Running;

  private constructor(seed: number, lab: LibvirtLab, guests: readonly LibvirtGuest[]) {
    this.seed = seed;
    this.lab = lab;
    this.guests = guests;
    this.stateDir = mkdtempSync(path.join(os.tmpdir(), 'switchover-soak-'));
    this.temporary = mkdtempSync(path.join(os.tmpdir(), 'switchover-soak-tmp-'));
    const hosts = lab.hosts.flatMap(({ uri }) => ['--connect', uri]);
    this.watch = this.run(lab.hosts[0], 'watch', ...hosts, '--output', 'jsonl');
  }

  static async open(seed: number): Promise<LibvirtCourse> {
    const lab = await openLibvirtLab();
    try {
      const guests: LibvirtGuest[] = [];
      for (const { name, workload } of GUESTS)
        guests.push(await lab.startGuest(lab.hosts[0], { name, workload, memoryMiB: MEMORY_MIB }));
      const course = new LibvirtCourse(seed, lab, guests);
      await course.watch.prints(new RegExp(`(?:following its domains[\\s\\S]*){${lab.hosts.length}}`));
      return course;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  async hop(number: number): Promise<Hop> {
    const guest = this.guests[number % this.guests.length] ?? this.guests[0];
    if (!guest) throw new Error('the lab has no guest');
    const before = await guest.status();
    const from = (await guest.whereabouts())?.host;
    const to = this.lab.hosts.find(({ name }) => name !== from?.name);
    if (!from || !to) throw new Error(`${guest.name} runs on no host`);
    const byVirsh = Math.floor((number - 1) / this.guests.length) % 2 === 1;
    const wish = drawWish(this.seed, number, 'libvirt');
    const sinceMs = performance.now();
    const moved = await (byVirsh ? this.byVirsh(guest, from, to) : this.byMigrate(guest, from, to, wish));
    const tookMs = performance.now() - sinceMs;
    const problems = [...moved.problems];
    const running: string[] = [];
    for (const host of this.lab.hosts)
      if ((await guest.on(host).state()) === 'running') running.push(host.name);
    if (running.join() !== to.name)
      problems.push(`it runs on ${running.join(' and ') || 'no host'}, not on ${to.name}`);
    else {
      const { ok, reason } = await verifyArrival(before, guest);
      if (!ok) problems.push(reason);
    }
    const how = byVirsh ? 'by virsh, under watch' : ['by migrate', ...wish].join(' ');
    const { pauseMs, log } = moved;
    return { what: `${guest.name} ${how}`, problems, pauseMs, tookMs, log };
  }

  async footprint(): Promise<Footprint> {
    const [one, other] = this.lab.hosts;
    const left = leftBehind(this.stateDir, this.temporary, this.stateDir);
    return {
      ...left,
      // Watch itself is one of them.
      'processes left': (left['processes left'] ?? 0) - 1,
      ...heldBy('watch', this.watch.process.pid),
      ...heldBy('libvirtd of host1', one.libvirtdPid),
      ...heldBy('libvirtd of host2', other.libvirtdPid),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch.process.kill('SIGTERM');
    await this.watch.ended;
    await this.lab.close();
    for (const folder of [this.stateDir, this.temporary]) rmSync(folder, { recursive: true, force: true });
  }

  private async byMigrate(guest: LibvirtGuest, from: LibvirtHost, to: LibvirtHost, wish: readonly string[]) {
    const route = ['--connect', from.uri, '--migrateuri', `tcp://${to.address}`];
    const ran = await this.run(from, 'migrate', ...route, '--json', ...wish, '--', guest.name, to.tcpUri)
      .ended;
    const log = `${ran.stderr}\n${ran.stdout}`;
    try {
      return { ...judged(JSON.parse(ran.stdout) as Outcome), log };
    } catch {
      const said = ran.stderr.trim().split('\n').at(-1) ?? '';
      return { problems: [`switchover ended with status ${ran.status}: ${said}`], pauseMs: null, log };
    }
  }

  /** @returns what watch said of it */
  private async byVirsh(guest: LibvirtGuest, from: LibvirtHost, to: LibvirtHost) {
    const seen = this.watch.stdout.length;
    const where = [to.tcpUri, '--migrateuri', `tcp://${to.address}`];
    const said = await from.virsh('migrate', '--live', '--p2p', guest.uuid, ...where).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const ended = await waitFor(
      `watch to tell of ${guest.name}`,
      async () =>
        this.toldSince(seen).find(({ event, domain }) => event === 'ended' && domain === guest.name),
      { timeoutMs: 20_000 },
    ).catch(() => undefined);
    const log = this.watch.stdout.slice(seen);
    const words = said === undefined ? [] : [`virsh: ${said}`];
    // An idle guest may be over before watch has looked.
    if (!ended?.outcome)
      return {
        problems: guest.name === 'idle' ? words : [...words, 'watch told of no end'],
        pauseMs: null,
        log,
      };
    const { problems, pauseMs } = judged(ended.outcome);
    return { problems: [...words, ...problems], pauseMs, log };
  }

  private toldSince(at: number): Told[] {
    const lines = this.watch.stdout.slice(at).split('\n').slice(0, -1);
    return lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Told] : []));
  }

  private run(host: LibvirtHost, command: string, ...args: string[]): Running {
    const onNetwork = ['nsenter', `--net=/run/netns/${host.namespace}`, 'env', `TMPDIR=${this.temporary}`];
    const at = args.indexOf('--');
    const words = at < 0 ? args : args.slice(0, at);
    const rest = at < 0 ? [] : args.slice(at);
    return new Running([command, ...words, '--state-dir', this.stateDir, ...rest], {}, onNetwork);
  }
}

function judged({ outcome, runsOn, reason, pauseMs }: Outcome): {
  problems: string[];
  pauseMs: number | null;
} {
  const isSound = outcome === 'completed' && runsOn === 'destination';
  return { problems: isSound ? [] : [`switchover said ${outcome}, runs on ${runsOn}: ${reason}`], pauseMs };
}
