/** Whether the figures are live: a word in the header, and a sentence across the page when they are not. */
import { formatClock } from '../model/format.ts';
import { link, nowMs, tryNow } from '../store.ts';

export function LinkState() {
  const { state } = link.value;
  if (state === 'live')
    return (
      <span class="link live">
        <i aria-hidden="true" />
        live <time class="num">{formatClock(new Date(nowMs.value))}</time>
      </span>
    );
  return (
    <span class={`link ${state}`}>
      {{ connecting: 'connecting…', lost: 'not live', over: 'not connected' }[state]}
    </span>
  );
}

/** Spoken once when the connection goes and once when it is back; the time of the next try is not. */
export function LinkBanner() {
  const now = link.value;
  const lost = now.state === 'lost';
  return (
    <div class={lost ? 'banner' : 'banner none'}>
      <p role="status">
        {now.state === 'lost' && (
          <>
            <strong>Connection lost since {formatClock(new Date(now.sinceMs))}.</strong> What is shown is as
            it was then. It comes back by itself.
          </>
        )}
      </p>
      {lost && (
        <button type="button" onClick={tryNow}>
          Try now
        </button>
      )}
    </div>
  );
}
