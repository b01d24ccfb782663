/** Who asked for what, from where and why, and what it came to. For the role admin. */
import { useState } from 'preact/hooks';
import { getAudit } from '../client.ts';
import { type AuditRow, foundIn, rowsOf } from '../model/audit.ts';
import { formatWhen } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { useAskedAgain } from '../parts/asked-again.ts';
import { Field } from '../parts/field.tsx';
import { go, nowMs } from '../store.ts';

const EVERY_MS = 10_000;
const A_PAGE = 50;

export function AuditScreen({ q }: { q: string }) {
  const [typed, setTyped] = useState(q);
  const [shown, setShown] = useState(A_PAGE);
  const { value: entries, problem } = useAskedAgain(getAudit, EVERY_MS);
  const found = foundIn(rowsOf(entries ?? []), q);
  return (
    <>
      <h1 tabIndex={-1}>Audit</h1>
      <search>
        <form
          class="search"
          onSubmit={(event) => {
            event.preventDefault();
            go({ screen: 'audit', q: typed.trim() });
          }}
        >
          <Field label="Who, from where, what or why" type="search" value={typed} onInput={setTyped} />
          <button type="submit" class="primary">
            Search
          </button>
          <p role="status" class="found">
            {entries === undefined ? '' : `${found.length} found`}
          </p>
        </form>
      </search>
      <p class="problem" role="alert">
        {problem}
      </p>
      {entries !== undefined && found.length === 0 && (
        <section class="empty">
          <p>{q === '' ? 'Nobody has asked for anything yet.' : 'Nothing is like that.'}</p>
        </section>
      )}
      {found.length > 0 && <Table rows={found.slice(0, shown)} />}
      {found.length > shown && (
        <button type="button" class="more" onClick={() => setShown(shown + A_PAGE)}>
          Older ones
        </button>
      )}
    </>
  );
}

function Table({ rows }: { rows: readonly AuditRow[] }) {
  const now = new Date(nowMs.peek());
  return (
    <table class="rows audit">
      <caption class="hidden">What was asked for, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">From</th>
          <th scope="col">Did</th>
          <th scope="col">What</th>
          <th scope="col">Why</th>
          <th scope="col">Came to</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <td data-label="When" class="num">
              <time dateTime={row.time}>{formatWhen(new Date(row.time), now)}</time>
            </td>
            <th scope="row" data-label="Who">
              <b>{row.who}</b> <span class="dim">{row.role}</span>
            </th>
            <td data-label="From" class="num">
              {row.from}
            </td>
            <td data-label="Did">{row.did}</td>
            <td data-label="What" class="waits">
              {row.drain && <a href={hrefOf({ screen: 'drain', id: row.drain })}>the drain</a>}
              {row.migration && (
                <a class="num" href={hrefOf({ screen: 'migration', id: row.migration })}>
                  {row.migration}
                </a>
              )}
              <span class="asked">
                {row.asked.map(([what, value]) => (
                  <span key={what}>
                    <span class="dim">{what}</span> {value}
                  </span>
                ))}
              </span>
            </td>
            <td data-label="Why">{row.reason ?? <span class="dim">none was given</span>}</td>
            <td data-label="Came to">
              <span class={`chip ${row.cameTo.tone}`}>{row.cameTo.words}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
