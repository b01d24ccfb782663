/** What other policies or other limits would have made of this migration, beside what it was. */
import { useState } from 'preact/hooks';
import type { MigrationSummary, ReplayRequest } from '../api-types.ts';
import { replayMigration } from '../client.ts';
import { formatBytes, formatDuration, formatElapsed } from '../model/format.ts';
import { parseDuration, spellDuration, valuesOf } from '../model/parse.ts';
import { type Alternative, alternativesOf, COMPARED, comparisonWords } from '../model/what-if.ts';
import { useAsking } from './asking.ts';
import { Field } from './field.tsx';
import { Chip } from './figures.tsx';
import { Sentence } from './sentence.tsx';

export function WhatIf({ of }: { of: MigrationSummary }) {
  const [longest, setLongest] = useState(spellDuration(of.maxDowntimeMs));
  const [fine, setFine] = useState(spellDuration(of.downtimeMs));
  const [found, setFound] = useState<readonly Alternative[] | undefined>(undefined);
  const { busy, problem, ask } = useAsking();
  const wished = { maxDowntimeMs: parseDuration(longest), downtimeMs: parseDuration(fine) };
  const problemOf = (name: keyof typeof wished) =>
    'problem' in wished[name] ? wished[name].problem : undefined;
  const wrong = Object.values(wished).some((each) => 'problem' in each);
  return (
    <section class="what-if">
      <h2>What if</h2>
      <p class="dim">
        Other policies and other limits, on what was seen of this migration. Nothing is changed, and what
        nobody saw is not guessed.
      </p>
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          const policies = [...new Set([of.policy, ...COMPARED])];
          const request: ReplayRequest = { policies, ...valuesOf(wished) };
          ask(async () => setFound(alternativesOf(await replayMigration(of.id, request), of)));
        }}
      >
        <Field
          label="Longest pause allowed"
          value={longest}
          onInput={setLongest}
          problem={problemOf('maxDowntimeMs')}
        />
        <Field
          label="Pause that is always fine"
          value={fine}
          onInput={setFine}
          problem={problemOf('downtimeMs')}
        />
        <button type="submit" disabled={busy || wrong}>
          {busy ? 'Replaying…' : 'Replay it'}
        </button>
      </form>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div aria-live="polite">{found && <Compared found={found} of={of} />}</div>
    </section>
  );
}

function Compared({ found, of }: { found: readonly Alternative[]; of: MigrationSummary }) {
  const mostPauseMs = Math.max(of.pauseMs ?? 0, ...found.map(({ pauseMs }) => pauseMs ?? 0));
  const mostMs = Math.max(of.elapsedMs, ...found.map(({ totalMs, atMs }) => totalMs ?? atMs));
  const words = comparisonWords(found, of);
  return (
    <>
      {words && <p class="verdict">{words}</p>}
      <table class="compared">
        <caption class="hidden">What each policy would have done</caption>
        <thead>
          <tr>
            <th scope="col">Policy</th>
            <th scope="col">Would have</th>
            <th scope="col">Pause</th>
            <th scope="col">Total time</th>
            <th scope="col" class="right">
              Sent
            </th>
            <th scope="col">In words</th>
          </tr>
        </thead>
        <tbody>
          <tr class="chosen">
            <th scope="row">as it {of.final ? 'was' : 'is'}</th>
            <td data-label="Would have">
              <Chip of={of} />
            </td>
            <td data-label="Pause">
              <Amount
                words={formatDuration(of.pauseMs)}
                part={(of.pauseMs ?? 0) / mostPauseMs}
                kind="within"
              />
            </td>
            <td data-label="Total time">
              <Amount words={formatElapsed(of.elapsedMs)} part={of.elapsedMs / mostMs} kind="sent" />
            </td>
            <td data-label="Sent" class="right num">
              {formatBytes(of.sentBytes)}
            </td>
            <td data-label="In words">
              Under {of.policy}: <Sentence of={of.waitsFor} />
            </td>
          </tr>
          {found.map((each) => (
            <Row key={each.policy} of={each} mostPauseMs={mostPauseMs} mostMs={mostMs} />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface RowProps {
  readonly of: Alternative;
  readonly mostPauseMs: number;
  readonly mostMs: number;
}

function Row({
  of: { policy, told, pass, pauseMs, totalMs, atMs, sentBytes, sentence, reason },
  ...most
}: RowProps) {
  const goesOn = totalMs === undefined;
  return (
    <tr>
      <th scope="row">{policy}</th>
      <td data-label="Would have">
        <span class={`chip ${told.tone}`}>{told.words}</span>
      </td>
      <td data-label="Pause">
        <Amount
          words={formatDuration(pauseMs ?? null)}
          part={(pauseMs ?? 0) / most.mostPauseMs}
          kind="within"
        />
      </td>
      <td data-label="Total time">
        <Amount
          words={goesOn ? `> ${formatElapsed(atMs)}` : formatElapsed(totalMs)}
          part={(totalMs ?? atMs) / most.mostMs}
          kind={goesOn ? 'open' : 'sent'}
        />
      </td>
      <td data-label="Sent" class="right num">
        {formatBytes(sentBytes)}
      </td>
      <td data-label="In words">
        <Sentence of={sentence} />{' '}
        {pass !== undefined && (
          <span class="dim">
            <Sentence of={reason} />
          </span>
        )}
      </td>
    </tr>
  );
}

/** All rows on one scale: a longer bar is more. */
function Amount({ words, part, kind }: { words: string; part: number; kind: string }) {
  return (
    <span class="amount">
      <span class="num">{words}</span>
      <svg class={`bar ${kind}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="4" />
        <rect class="fill" width={(Number.isFinite(part) ? part * 100 : 0).toFixed(1)} height="4" />
      </svg>
    </span>
  );
}
