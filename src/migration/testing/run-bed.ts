/** What a test of one run needs: a VM's two ends behind a scripted hypervisor, and the real store of journals. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { GuestFacts, MigrationEnd } from '../../hypervisor/hypervisor.ts';
import { FolderJournals } from '../../journal/folder/folder-journals.ts';
import { initiatorHere } from '../../journal/initiator.ts';
import type { Happening, JournalEntry } from '../../journal/journal-entry.ts';
import type { NewOpening } from '../../journal/journal-store.ts';
import { DEFAULT_LIMITS } from '../../policy/policy.ts';
import { stock } from '../../policy/stock.ts';
import type { BeginWish } from '../begin.ts';
import type { RunParts } from '../run.ts';
import type { TakeOverWish } from '../take-over.ts';
import { ScriptedHypervisor } from './scripted-hypervisor.ts';

export const SOURCE = 'qmp:/run/vm1.sock';
export const DESTINATION = 'qmp:/run/vm1-dest.sock';
export const STAYED: Pick<MigrationEnd, 'result' | 'whereabouts'> = {
  result: 'cancelled',
  whereabouts: { source: 'running', destination: 'gone' },
};

export const ARRIVED: Partial<MigrationEnd> & Pick<MigrationEnd, 'result' | 'whereabouts'> = {
  result: 'completed',
  whereabouts: { source: 'handed-over', destination: 'running' },
  destinationEverRan: true,
};

/** What was set on both sides and not put back. */
export const OWING: readonly Happening[] = [
  { type: 'before', side: 'source', settings: { parameters: { a: 1 }, capabilities: {} } },
  { type: 'before', side: 'destination', settings: { parameters: { a: 2 }, capabilities: {} } },
];

export class RunBed implements Disposable {
  readonly hypervisor = new ScriptedHypervisor();
  readonly said: string[] = [];
  /** A lease is of one VM on this machine: each test has its own. */
  readonly guest: GuestFacts = { ...this.hypervisor.migration.guest, vm: SOURCE, uuid: randomUUID() };
  readonly parts: RunParts;
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-run-'));

  constructor() {
    this.parts = {
      hypervisor: this.hypervisor,
      store: new FolderJournals(this.folder),
      initiator: initiatorHere(),
      say: (sentence) => this.said.push(sentence),
    };
    this.find(SOURCE, { state: 'running' });
    this.find(DESTINATION, { state: 'incoming' });
  }

  /** What is found at that address. */
  find(vm: string, facts: Partial<GuestFacts>): void {
    this.hypervisor.guests.set(vm, { ...this.guest, ...facts, vm });
  }

  takeOver(vm: string = SOURCE, destination?: string): TakeOverWish {
    return { vm, destination, kind: stock, limits: DEFAULT_LIMITS };
  }

  migrate(vm: string = SOURCE, destination: string = DESTINATION): BeginWish {
    return {
      vm,
      destination: { vm: destination, migrateUri: 'tcp:127.0.0.1:4444', listenUri: undefined },
      kind: stock,
      limits: DEFAULT_LIMITS,
      force: false,
    };
  }

  /** A journal of a controller that is gone, from the source to the destination. */
  async leave(happenings: readonly Happening[] = [], opening: Partial<NewOpening> = {}): Promise<string> {
    const { store, initiator } = this.parts;
    const journal = await store.open({
      origin: 'migrate',
      switchoverVersion: '0',
      vm: SOURCE,
      vmUuid: this.guest.uuid ?? null,
      destination: DESTINATION,
      migrateUri: null,
      policy: 'stock',
      limits: DEFAULT_LIMITS,
      guest: this.guest,
      initiator,
      reason: null,
      correlationId: null,
      continues: null,
      inherits: [],
      destinationWaits: true,
      streams: null,
      encrypted: null,
      ...opening,
    });
    let atMs = 0;
    for (const happening of happenings) {
      if (happening.type === 'boundary') atMs = happening.boundary.atMs;
      journal.append(atMs, happening);
    }
    await journal.close();
    return journal.id;
  }

  /** The same of one that was killed while its migration, of that mark, was under way. */
  async leaveMigrating(mark: string, opening: Partial<NewOpening> = {}): Promise<string> {
    const begun: readonly Happening[] = [
      { type: 'before', side: 'source', settings: { parameters: { a: 1 }, capabilities: {} } },
      { type: 'effect', did: 'migrates', set: { mark } },
    ];
    return await this.leave(begun, opening);
  }

  async entriesOf(id: string): Promise<readonly JournalEntry[]> {
    return (await this.parts.store.read(id, 0, { samples: true })).entries;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
