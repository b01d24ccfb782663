/** What has been: found by VM, host, outcome or the code of a reason. The search is in the address, so it can be kept and sent. */
import { useEffect, useState } from 'preact/hooks';
import { type MigrationSummary, OUTCOMES, REASON_CODES } from '../api-types.ts';
import { getHistory } from '../client.ts';
import { formatDuration, formatElapsed, formatWhen } from '../model/format.ts';
import type { HistorySearch } from '../model/route.ts';
import { standing } from '../model/words.ts';
import { useAsking } from '../parts/asking.ts';
import { Choice, Field } from '../parts/field.tsx';
import { Bytes, Chip, Quantity } from '../parts/figures.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { Vm } from '../parts/vm.tsx';
import { go, nowMs } from '../store.ts';

const ANY = ['', 'any'] as const;
const CHOICES = [ANY, ...OUTCOMES.map((outcome) => [outcome, wordsFor(outcome)] as const)];

const CODES = [ANY, ...REASON_CODES.map((code) => [code, code.replaceAll('-', ' ')] as const)];

function wordsFor(outcome: (typeof OUTCOMES)[number]): string {
  return standing({ outcome, state: 'ended', runsOn: null, braked: false, final: true }).words;
}

export function HistoryScreen(search: HistorySearch) {
  const [q, setQ] = useState(search.q);
  const [found, setFound] = useState<readonly MigrationSummary[] | undefined>(undefined);
  const [next, setNext] = useState<string | null>(null);
  const [lacking, setLacking] = useState<string | undefined>(undefined);
  const { busy, problem, ask } = useAsking();
  const more = (before: string | null, so: readonly MigrationSummary[]) =>
    ask(async () => {
      const page = await getHistory(search, before);
      setFound([...so, ...page.migrations]);
      setNext(page.next);
      setLacking(page.problem);
    });
  // Another search is another screen: it is asked for once.
  useEffect(() => more(null, []), []);
  return (
    <>
      <h1 tabIndex={-1}>History</h1>
      <search>
        <form
          class="search"
          onSubmit={(event) => {
            event.preventDefault();
            go({ screen: 'history', ...search, q: q.trim() });
          }}
        >
          <Field label="VM, host or number" type="search" value={q} onInput={setQ} />
          <Choice
            label="Outcome"
            value={search.outcome}
            options={CHOICES}
            onChange={(outcome) => go({ screen: 'history', ...search, q: q.trim(), outcome })}
          />
          <Choice
            label="Reason"
            value={search.code}
            options={CODES}
            onChange={(code) => go({ screen: 'history', ...search, q: q.trim(), code })}
          />
          <button type="submit" class="primary">
            Search
          </button>
          <p role="status" class="found">
            {found === undefined ? '' : `${found.length}${next === null ? '' : ' newest'} found`}
          </p>
        </form>
      </search>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class={lacking === undefined ? 'banner none' : 'banner lacking'}>
        <p role="status">
          {lacking !== undefined && (
            <>
              <strong>Older migrations may lack here.</strong> {sentence(lacking)}
            </>
          )}
        </p>
        {lacking !== undefined && (
          <button type="button" disabled={busy} onClick={() => more(null, [])}>
            Look again
          </button>
        )}
      </div>
      {found?.length === 0 && (
        <section class="empty">
          <p>{emptyWords(search, lacking !== undefined)}</p>
        </section>
      )}
      {found !== undefined && found.length > 0 && <Results found={found} />}
      {next !== null && (
        <button type="button" class="more" disabled={busy} onClick={() => more(next, found ?? [])}>
          Older ones
        </button>
      )}
    </>
  );
}

/** The service's sentences begin small, as they stand behind a word of the log. */
function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function emptyWords({ q, outcome, code }: HistorySearch, isLacking: boolean): string {
  if (isLacking) return 'Of those that can be read now, none is like that.';
  return q || outcome || code ? 'No migration is like that.' : 'No migration has been yet.';
}

function Results({ found }: { found: readonly MigrationSummary[] }) {
  const now = new Date(nowMs.peek());
  return (
    <table class="rows history">
      <caption class="hidden">Migrations found, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Began</th>
          <th scope="col">VM</th>
          <th scope="col">Outcome</th>
          <th scope="col">What happened</th>
          <th scope="col" class="right">
            Pause
          </th>
          <th scope="col" class="right">
            Longest allowed
          </th>
          <th scope="col" class="right">
            Took
          </th>
          <th scope="col" class="right">
            Sent
          </th>
          <th scope="col">Asked by</th>
        </tr>
      </thead>
      <tbody>
        {found.map((of) => (
          <tr key={of.id}>
            <td data-label="Began" class="num">
              {formatWhen(new Date(of.startedAt), now)}
            </td>
            <th scope="row" data-label="VM">
              <Vm of={of} />
            </th>
            <td data-label="Outcome">
              <Chip of={of} />
            </td>
            <td data-label="What happened" class="waits">
              <Sentence of={of.waitsFor} />
              {of.reasons.map(({ code, words }) => (
                <span key={code + words} class="code" title={words}>
                  {code}
                </span>
              ))}
            </td>
            <td data-label="Pause" class="right">
              <Quantity words={formatDuration(of.pauseMs)} />
            </td>
            <td data-label="Longest allowed" class="right">
              <Quantity words={formatDuration(of.maxDowntimeMs)} />
            </td>
            <td data-label="Took" class="right num">
              {formatElapsed(of.elapsedMs)}
            </td>
            <td data-label="Sent" class="right">
              <Bytes of={of.sentBytes} />
            </td>
            <td data-label="Asked by">
              {of.requestedBy ?? '–'} {of.correlationId && <span class="dim">{of.correlationId}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
