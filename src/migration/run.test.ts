/** What every run does around the supervisor, on the real store and the real lease. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NotBegunError, RefusedError } from '../hypervisor/hypervisor.ts';
import { migrationMark } from '../hypervisor/migration-mark.ts';
import { beginRun } from './begin.ts';
import { formerOf } from './inheritance.ts';
import type { Run } from './run.ts';
import { DECLINES } from './testing/declines.ts';
import { ARRIVED, RunBed, SOURCE, STAYED } from './testing/run-bed.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';

let bed: RunBed;
beforeEach(() => {
  bed = new RunBed();
});
afterEach(() => bed[Symbol.dispose]());

async function free(): Promise<void> {
  const again = await beginRun(bed.migrate(), bed.parts);
  bed.hypervisor.migration.end(STAYED);
  await again.outcome;
}

describe('a run that begins', () => {
  test('writes down what was before it is changed, and its mark before it begins', async () => {
    const run = await beginRun({ ...bed.migrate(), reason: 'a drain', correlationId: 'T-1' }, bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    const entries = await bed.entriesOf(run.id);
    expect(entries[0]).toMatchObject({
      type: 'opened',
      vmUuid: bed.guest.uuid,
      reason: 'a drain',
      correlationId: 'T-1',
      destinationWaits: true,
    });
    const order = entries.map((entry) =>
      entry.type === 'effect' ? `effect ${Object.keys(entry.set ?? {}).join()}` : entry.type,
    );
    expect(order.slice(0, 6)).toEqual([
      ...['opened', 'foreseen', 'intent', 'before', 'effect mark', 'effect mark'],
    ]);
    expect(order.at(-1)).toBe('ended');
    expect(bed.hypervisor.migration.calls.at(-1)).toBe('detach');
  });

  test('writes its mark again where the hypervisor has begun it later than it was told to', async () => {
    const { migration } = bed.hypervisor;
    const certain = Promise.withResolvers<void>();
    migration.mark = migrationMark(60_000);
    migration.markCertain = certain.promise;
    const run = await beginRun(bed.migrate(), bed.parts);
    await run.begun;
    migration.mark = migrationMark(1000);
    certain.resolve();
    await certain.promise;
    migration.end(ARRIVED);
    await run.outcome;
    const marks = (await bed.entriesOf(run.id)).flatMap((entry) =>
      entry.type === 'effect' && entry.did.startsWith('follows') ? [entry.set?.['mark']] : [],
    );
    expect(marks).toEqual([expect.any(String), migration.mark]);
  });

  test('holds the VM: another one is told who does, and may once it is over', async () => {
    const run = await beginRun(bed.migrate(), bed.parts);
    await expect(beginRun(bed.migrate(), bed.parts)).rejects.toMatchObject({ code: 'held' });
    bed.hypervisor.migration.end(STAYED);
    await run.outcome;
    bed.hypervisor.migration = new ScriptedMigration();
    await free();
  });

  test('that is refused leaves no journal, and the VM free', async () => {
    bed.hypervisor.onStart = async () => {
      throw new RefusedError('lacks-feature', 'no');
    };
    const run = await beginRun(bed.migrate(), bed.parts);
    await expect(run.outcome).rejects.toMatchObject({ code: 'lacks-feature' });
    expect(await bed.parts.store.list()).toEqual([]);
    bed.hypervisor.onStart = async () => {};
    await free();
  });

  test('whose hypervisor did not answer is no refusal: it failed, and its journal says so', async () => {
    bed.hypervisor.onStart = async () => {
      throw new NotBegunError('it did not answer');
    };
    const run = await beginRun(bed.migrate(), bed.parts);
    expect(await run.outcome).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect((await bed.entriesOf(run.id)).at(-1)).toMatchObject({ type: 'ended' });
  });

  test('what it could not put back is for the next one to put back', async () => {
    const { onStart } = bed.hypervisor;
    bed.hypervisor.onStart = async (options) => {
      await onStart(options);
      const restored = [{ side: 'source', problem: 'out of reach' }] as const;
      throw new NotBegunError('it hung up', { restored });
    };
    await (await beginRun(bed.migrate(), bed.parts)).outcome;
    const key = { uuid: bed.guest.uuid ?? null, vm: SOURCE };
    expect(formerOf(await bed.parts.store.owingOf(key))).toMatchObject([{ side: 'source' }]);
  });

  test.each([
    [
      'a cancel',
      (run: Run): void => void run.cancel('cancelled by Ctrl-C'),
      /^not begun: cancelled by Ctrl-C/,
    ],
    ['a detach', (run: Run): void => void run.detach(), /^not begun: let go of/],
  ] as const)('is kept from beginning by %s that comes before', async (_, act, reason) => {
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { onStart } = bed.hypervisor;
    bed.hypervisor.onStart = async (options) => {
      await held;
      await onStart(options);
    };
    const run = await beginRun(bed.migrate(), bed.parts);
    act(run);
    go();
    expect(await run.outcome).toMatchObject({
      outcome: 'cancelled',
      runsOn: 'source',
      reason: expect.stringMatching(reason),
    });
    expect(bed.hypervisor.calls).toEqual([]);
  });

  test('whose source dies while it is set up needs a hand: nobody runs the guest', async () => {
    bed.hypervisor.onStart = async () => {
      throw new NotBegunError('the source has ended', { sourceEnded: true });
    };
    const run = await beginRun(bed.migrate(), bed.parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'failed',
      runsOn: 'unknown',
      reason: expect.stringMatching(/an operator is needed: .*start it anew/),
    });
  });

  test('tells a cancel what became of it', async () => {
    const run = await beginRun(bed.migrate(), bed.parts);
    await run.begun;
    const cancelled = run.cancel('enough');
    bed.hypervisor.migration.end(STAYED);
    expect(await cancelled).toBe('cancelled');
    expect((await run.outcome).outcome).toBe('cancelled');
  });

  describe('that is cancelled before there is anything to cancel says what became of the wish:', () => {
    const cancelling = async (onStart: () => Promise<void>) => {
      const held = Promise.withResolvers<void>();
      bed.hypervisor.onStart = async () => {
        await held.promise;
        await onStart();
      };
      const run = await beginRun(bed.migrate(), bed.parts);
      const told = run.cancel('enough');
      held.resolve();
      return { told, run };
    };

    test('cancelled, where the hypervisor refused it anyhow', async () => {
      const { told, run } = await cancelling(async () => {
        throw new RefusedError('lacks-feature', 'no');
      });
      await expect(run.outcome).rejects.toThrow(RefusedError);
      expect(await told).toBe('cancelled');
    });

    test('failed, where nobody knows', async () => {
      const { told, run } = await cancelling(async () => {
        throw new TypeError('a mistake of ours');
      });
      await expect(run.outcome).rejects.toThrow(TypeError);
      expect(await told).toBe('failed');
    });

    test('failed, where the source ended meanwhile', async () => {
      const { told } = await cancelling(async () => {
        throw new NotBegunError('its process has ended', { sourceEnded: true });
      });
      expect(await told).toBe('failed');
    });

    test('too late, where it had gone through by then', async () => {
      // A driver that begins without asking for the last word.
      const { told, run } = await cancelling(async () => {});
      bed.hypervisor.migration.end(ARRIVED);
      expect((await run.outcome).runsOn).toBe('destination');
      expect(await told).toBe('too-late');
    });
  });

  test('that could not write its last word before the start is not begun', async () => {
    const { store } = bed.parts;
    const open = store.open.bind(store);
    store.open = async (opening, show) => {
      const journal = await open(opening, show);
      journal.flush = async () => false;
      return journal;
    };
    bed.hypervisor.onStart = async (options) => await options.begins?.('mark');
    const run = await beginRun(bed.migrate(), bed.parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringMatching(/nothing could be written to .*: make room/),
    });
    expect(bed.hypervisor.calls).toEqual([]);
  });

  test('hands out its entries, those to come as well', async () => {
    const run = await beginRun(bed.migrate(), bed.parts);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { type } of run.entries()) seen.push(type);
    })();
    bed.hypervisor.migration.end(STAYED);
    await run.outcome;
    await reading;
    expect(seen[0]).toBe('opened');
    expect(seen.at(-1)).toBe('ended');
  });

  test('is refused with every finding, and what forbids nothing is said', async () => {
    bed.hypervisor.report = {
      findings: [new RefusedError('different-memory', 'one'), new RefusedError('lacks-feature', 'two')],
    };
    await expect(beginRun(bed.migrate(), bed.parts)).rejects.toThrow(/one\ntwo/);
    bed.hypervisor.report = { notes: ['worth knowing'], maxSentBytes: 55e9 };
    const run = await beginRun(bed.migrate(), bed.parts);
    bed.hypervisor.migration.end(STAYED);
    await run.outcome;
    expect(bed.said).toEqual(['note: worth knowing']);
    expect((await bed.entriesOf(run.id))[0]).toMatchObject({ limits: { maxSentBytes: 55e9 } });
  });

  test('is not even begun where its policy knows from the start that it cannot be', async () => {
    const run = await beginRun({ ...bed.migrate(), kind: DECLINES }, bed.parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'aborted',
      runsOn: 'source',
      neededPauseMs: 9000,
      reason: expect.stringMatching(/^not begun: too much/),
    });
    expect(bed.hypervisor.calls).toEqual([]);
    expect((await bed.entriesOf(run.id)).map(({ type }) => type)).toContain('foreseen');
  });

  test('marks the VM at its host where that is needed, and takes the mark away where the guest is then', async () => {
    const marks: string[] = [];
    bed.hypervisor.claim = async () => ({
      rest: async () => void marks.push('rest'),
      release: async (side) => void marks.push(`release at the ${side}`),
    });
    const run = await beginRun(bed.migrate(), bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect(marks).toEqual(['rest', 'release at the destination']);
  });

  test('leaves the mark at a migration that it lets go of, for libvirt changes none then', async () => {
    const marks: string[] = [];
    bed.hypervisor.claim = async () => ({
      rest: async () => {},
      release: async (side) => void marks.push(side),
    });
    const run = await beginRun(bed.migrate(), bed.parts);
    await run.begun;
    await run.detach('detached on SIGTERM');
    expect(await run.outcome).toMatchObject({ outcome: 'detached' });
    expect(marks).toEqual([]);
  });

  test('is refused where a controller on another machine drives the VM, which is free here afterwards', async () => {
    bed.hypervisor.claim = async () => {
      throw new RefusedError('held', 'held by process 1 on host2');
    };
    await expect(beginRun(bed.migrate(), bed.parts)).rejects.toThrow(/host2/);
    delete bed.hypervisor.claim;
    await free();
  });

  test('changes nothing whose former value could not be written down', async () => {
    const open = bed.parts.store.open.bind(bed.parts.store);
    bed.parts.store.open = async (opening, show) => {
      const journal = await open(opening, show);
      journal.flush = async () => false;
      return journal;
    };
    const run = await beginRun(bed.migrate(), bed.parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringMatching(/could not be written/),
    });
    expect(bed.hypervisor.calls).toEqual([]);
  });

  test('lets the VM go also after an error that nobody expected', async () => {
    bed.hypervisor.onStart = async () => {
      throw new TypeError('a mistake of ours');
    };
    const run = await beginRun(bed.migrate(), bed.parts);
    await expect(run.outcome).rejects.toThrow(TypeError);
    expect(await run.cancel('too late to matter')).toBe('failed');
    bed.hypervisor.onStart = async () => {};
    await free();
  });

  test('takes new limits while it runs', async () => {
    const run = await beginRun(bed.migrate(), bed.parts);
    await run.begun;
    expect(run.setLimits({ timeoutMs: 50 })).toBe(true);
    bed.hypervisor.migration.emit({ kind: 'silence', atMs: 60 });
    await expect.poll(() => bed.hypervisor.migration.calls).toEqual(['cancel']);
    bed.hypervisor.migration.end(STAYED);
    expect(await run.outcome).toMatchObject({ outcome: 'aborted' });
  });

  test('puts back in the end what a killed one before it had left set', async () => {
    await bed.leaveMigrating('old');
    let former: unknown;
    bed.hypervisor.onStart = async (options) => {
      former = options.former;
    };
    const run = await beginRun(bed.migrate(), bed.parts);
    bed.hypervisor.migration.end(STAYED);
    await run.outcome;
    expect(former).toEqual([{ side: 'source', parameters: { a: 1 }, capabilities: {} }]);
    expect(bed.said.join()).toMatch(/did not put back/);
  });
});
