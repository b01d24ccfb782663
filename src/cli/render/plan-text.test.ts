import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { NOTHING_KNOWN } from '../../model/foreknowledge.ts';
import { documentOf, type Planned, planDocumentSchema } from '../../plan/document.ts';
import { type PlanRequest, planOf } from '../../plan/plan.ts';
import { planText } from '../../plan/plan-text.ts';
import { choosePolicy } from '../../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../../policy/policy.ts';
import { planPlot } from './plan-plot.ts';

const PEERS = new Set(['nova', 'proxmox']);

/** The lab's guest, as its probes found it. */
async function planned(
  given: Partial<Limits>,
  more: Partial<PlanRequest> = {},
): Promise<{ planned: Planned; request: PlanRequest }> {
  const limits: Limits = { ...DEFAULT_LIMITS, lineRateBytesPerSecond: 60e6, ...given };
  const known = {
    ...NOTHING_KNOWN,
    ...{ memoryBytes: 2 ** 29, residentBytes: 245e6 },
    probes: [100, 300, 1000, 3000].map((durationMs) => ({ durationMs, bytes: 132e6, unsentBytes: 13e6 })),
  };
  const request: PlanRequest = {
    ...{ known, limits, kind: choosePolicy('forecast'), migrant: { running: true, manager: 'qemu' } },
    others: ['stock', 'nova', 'proxmox'].map((name) => choosePolicy(name)),
    ...more,
  };
  const guest = {
    ...{ vm: 'qmp:/a', name: 'vm1', uuid: undefined, hypervisor: 'QEMU 10.0.2', accelerator: 'tcg' as const },
    ...{ machineType: undefined, memoryBytes: 2 ** 29, state: 'running' as const, migrating: false },
    losesWrites: undefined,
    uuid: undefined,
  };
  const foreseen = { known, tookMs: 4500, probeRefusal: undefined };
  const plan = await planOf(request);
  return {
    planned: { guest, destination: undefined, limits, foreseen, plan, findings: [], notes: [] },
    request,
  };
}

describe('a memory-intensive guest', () => {
  test('in words', async () => {
    const text = planText((await planned({})).planned, PEERS);
    expect(text).toMatch(
      /^vm1: memory-intensive: a pause of about 2\.\d+ s \(\d\.?\d* s to \d\.?\d* s\), total 6\.\d+ s/,
    );
    expect(text).toMatch(/^ {2}memory {3}537 MB, of which 245 MB are in use$/m);
    expect(text).toMatch(/^ {2}link {5}carries 57\.9 MB\/s/m);
    expect(text).toMatch(/^stock +never ends/m);
    expect(text).toMatch(/^proxmox \* .*slowed by 99 % for/m);
    expect(text).toContain("* by that system's own rule");
    expect(text).not.toContain('It would be possible');
  });

  test('beyond the limit, with what would make it possible', async () => {
    const { planned: beyond } = await planned({ maxDowntimeMs: 500 });
    const text = planText(beyond, PEERS);
    expect(text).toMatch(
      /^vm1: not possible within --max-downtime 500ms: a pause of about 2\.\d+ s is needed/,
    );
    expect(text).toMatch(/^ {2}--max-downtime 3(\.5)?s +a pause of about 2\./m);
    expect(text).toMatch(/^ {2}--over-budget brake .*the guest slowed by 99 %/m);
    expect(text).toMatch(
      /^ {2}--over-budget post-copy .*runs for about 2\.\d+ s \(.*\) on memory that is still on its way, and is lost if either host or the link is$/m,
    );
    expect(text).toMatch(/^ {2}a line of 3\.\dgbit /m);
  });

  test('over other lines and with other pauses, where that is asked for', async () => {
    const { planned: all } = await planned({}, { whatIf: true });
    const { lineRates = [], maxDowntimesMs = [], cells = [] } = all.plan.whatIf ?? {};
    const at = (line: number, pause: number) => cells[line]?.[maxDowntimesMs.indexOf(pause)];
    // A line of a quarter needs a pause that is longer than allowed, and ten times as much of it next to none.
    expect(lineRates.map((rate) => Math.round(rate / 57.9e4) / 100)).toEqual([0.25, 0.5, 1, 2, 4, 10]);
    expect(at(0, 5000)).toBeUndefined();
    expect(at(2, 5000)?.pauseMs).toBeCloseTo(all.plan.chosen?.figures?.pauseMs.middle ?? 0, -2);
    expect(at(2, 1000)).toBeUndefined();
    expect(at(5, 1000)?.pauseMs).toBeLessThan(400);
    const text = planText(all, PEERS);
    expect(text).toMatch(/^LINE +UP TO 300ms +UP TO 500ms/m);
    expect(text).toMatch(/^14\.5 MB\/s +- +-/m);
    const document = documentOf(all);
    expect(planDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  test('as a document of the published schema', async () => {
    for (const limits of [{}, { maxDowntimeMs: 500 }, { lineRateBytesPerSecond: undefined }]) {
      const { planned: all } = await planned(limits);
      const document = documentOf(all);
      expect(planDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    }
  });

  test('as a picture', async () => {
    const { planned: all, request } = await planned({});
    const svg = await planPlot(all, request, PEERS);
    const { document } = parseHTML(svg);
    const words = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
    expect(words).toContain('never ends');
    expect(words).toContainEqual(expect.stringMatching(/^6\.\d+ s, pause 2\.\d+ s$/));
    expect(document.querySelectorAll('path[stroke="#3d8bd4"]')).toHaveLength(1);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('where the link is not known it says what to state, and still how the guest dirties its memory', async () => {
  const { planned: blind, request } = await planned({ lineRateBytesPerSecond: undefined });
  const text = planText(blind, PEERS);
  expect(text).toMatch(
    /^vm1: how long it takes cannot be told: nothing is known of the link\. .*--line-rate 10gbit/,
  );
  expect(text).toMatch(/^ {2}dirties {2}132 MB within 100 ms, .* within 3 s$/m);
  expect(text).not.toContain('POLICY');
  expect(await planPlot(blind, request, PEERS)).toContain('cannot be told');
});
