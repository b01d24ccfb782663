/** Three plots over one time axis, each with a table of the same figures. */
import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { MigrationSummary } from '../api-types.ts';
import { formatBytes, formatDuration, formatOffset, formatRate } from '../model/format.ts';
import { type Pass, ratesOf, type Series } from '../model/series.ts';
import { Plot } from './plot.tsx';

interface PlotsProps {
  readonly series: ReadonlySignal<Series>;
  readonly of: MigrationSummary;
}

export function Plots({ series, of }: PlotsProps) {
  const shown = series.value;
  const { samples, passes } = shown;
  const rates = ratesOf(shown);
  const seconds = samples.map(({ atMs }) => atMs / 1000);
  const limits = [
    { value: of.maxDowntimeMs, words: 'longest allowed', color: '--limit' },
    ...(of.downtimeMs < of.maxDowntimeMs
      ? [{ value: of.downtimeMs, words: 'always fine', color: '--good' }]
      : []),
  ];
  const forecast = forecastsAt(shown, of);
  return (
    <div class="plots">
      <Figure
        title="Memory that remains"
        passes={passes}
        columns={['Remaining']}
        row={(pass) => [formatBytes(pass.remainingBytes)]}
      >
        <Plot
          label="Memory that remains over time"
          data={[seconds, samples.map(({ remainingBytes }) => remainingBytes)]}
          lines={[{ words: 'remaining', color: '--sent', fill: true }]}
          format={formatBytes}
          series={shown}
        />
      </Figure>
      <Figure
        title="Pause, if it switched over then"
        passes={passes}
        columns={['Forecast pause']}
        row={(pass) => [formatDuration(pass.forecastPauseMs ?? null)]}
      >
        <Plot
          label="Forecast pause at each pass, with its limits"
          data={[forecast.map(([at]) => at), forecast.map(([, pause]) => pause)]}
          lines={[{ words: 'forecast pause', color: '--pause', steps: true }]}
          limits={limits}
          format={formatDuration}
          series={shown}
          logarithmic
        />
      </Figure>
      <Figure
        title="Sent against dirtied"
        passes={passes}
        columns={['Sent', 'Dirtied']}
        row={(pass) => [
          formatRate(pass.transferBytesPerSecond ?? null),
          formatRate(pass.dirtyBytesPerSecond ?? null),
        ]}
      >
        <Plot
          label="Rate of the link against the rate at which the guest dirties memory"
          data={[
            seconds,
            rates.map(({ transferBytesPerSecond }) => transferBytesPerSecond),
            rates.map(({ dirtyBytesPerSecond }) => dirtyBytesPerSecond),
          ]}
          lines={[
            { words: 'sent', color: '--sent' },
            { words: 'dirtied, by pass', color: '--dirty' },
          ]}
          format={formatRate}
          series={shown}
        />
      </Figure>
    </div>
  );
}

/** What was known last holds until the next pass, or until now. */
function forecastsAt(
  { passes, lastMs }: Series,
  { forecastPauseMs }: MigrationSummary,
): [number, number | null][] {
  const points = passes.map(({ atMs, forecastPauseMs: pauseMs }): [number, number | null] => [
    atMs / 1000,
    pauseMs ?? null,
  ]);
  return passes.length === 0
    ? points
    : [...points, [lastMs / 1000, passes.at(-1)?.forecastPauseMs ?? forecastPauseMs]];
}

interface FigureProps {
  readonly title: string;
  readonly passes: readonly Pass[];
  readonly columns: readonly string[];
  readonly row: (pass: Pass) => readonly string[];
  readonly children: ComponentChildren;
}

function Figure({ title, passes, columns, row, children }: FigureProps) {
  const opened = useRef(false);
  return (
    <figure class="plot">
      <figcaption>{title}</figcaption>
      {children}
      <details
        open={opened.current}
        onToggle={(event) => {
          opened.current = event.currentTarget.open;
        }}
      >
        <summary>
          As a table<span class="hidden">: {title}</span>
        </summary>
        <table>
          <caption class="hidden">{title}, at each pass</caption>
          <thead>
            <tr>
              <th scope="col" class="right">
                Pass
              </th>
              <th scope="col" class="right">
                Began at
              </th>
              {columns.map((column) => (
                <th key={column} scope="col" class="right">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {passes.map((pass) => (
              <tr key={`${pass.pass} ${pass.atMs}`}>
                <th scope="row" class="right num">
                  {pass.pass}
                </th>
                <td class="right num">{formatOffset(pass.atMs)}</td>
                {row(pass).map((words, index) => (
                  <td key={columns[index]} class="right num">
                    {words}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
