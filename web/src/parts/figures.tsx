/** The figures that every screen shows alike: a number and its unit, aligned; a bar against what it is compared with. */
import type { MigrationSummary } from '../api-types.ts';
import { formatBytes, formatDuration, formatRate, NOTHING } from '../model/format.ts';
import { standing } from '../model/words.ts';

export function Chip({ of }: { of: MigrationSummary }) {
  const { words, tone } = standing(of);
  return <span class={`chip ${tone}`}>{words}</span>;
}

/** `1.48 GB`, of which the unit is set back and keeps its place. */
export function Quantity({ words }: { words: string }) {
  const at = words.lastIndexOf(' ');
  if (words === NOTHING || at < 0) return <span class="num none">{words}</span>;
  return (
    <span class="num">
      {words.slice(0, at)} <span class="unit">{words.slice(at + 1)}</span>
    </span>
  );
}

export function Bytes({ of }: { of: number | null }) {
  return <Quantity words={formatBytes(of)} />;
}

export function Rate({ of }: { of: number | null }) {
  return <Quantity words={formatRate(of)} />;
}

/** What goes over the link above what the guest dirties, on one scale: the longer bar wins. */
export function Rates({ of }: { of: MigrationSummary }) {
  const { transferBytesPerSecond: sent, dirtyBytesPerSecond: dirty } = of;
  const most = Math.max(sent ?? 0, dirty ?? 0);
  return (
    <div class="rates">
      <span class="what">sent</span>
      <Rate of={sent} />
      <Bar part={most > 0 ? (sent ?? 0) / most : 0} kind="sent" />
      <span class="what">dirtied</span>
      <Rate of={dirty} />
      <Bar part={most > 0 ? (dirty ?? 0) / most : 0} kind="dirty" />
    </div>
  );
}

/** The forecast pause against its limit, which is the notch. */
export function Pause({ of }: { of: MigrationSummary }) {
  const { forecastPauseMs, maxDowntimeMs, pauseMs, final } = of;
  const shownMs = final ? pauseMs : (forecastPauseMs ?? pauseMs);
  const over = shownMs !== null && shownMs > maxDowntimeMs;
  // The notch stands at two thirds: what is over the limit is seen to be over it.
  const part = shownMs === null ? 0 : Math.min(1, (shownMs / maxDowntimeMs) * (2 / 3));
  return (
    <div class="against">
      <Quantity words={formatDuration(shownMs)} />
      <span class={over ? 'limit over' : 'limit'}>
        {over ? 'over' : shownMs === null ? 'limit' : 'of'} {formatDuration(maxDowntimeMs)}
      </span>
      <Bar part={part} kind={over ? 'over' : 'within'} notch />
    </div>
  );
}

function Bar({ part, kind, notch = false }: { part: number; kind: string; notch?: boolean }) {
  return (
    <svg class={`bar ${kind}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="4" />
      <rect class="fill" width={(part * 100).toFixed(1)} height="4" />
      {notch && <rect class="notch" x="66.2" width="1.2" height="4" />}
    </svg>
  );
}
