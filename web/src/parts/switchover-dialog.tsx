import type { MigrationSummary } from '../api-types.ts';
import { switchOver } from '../client.ts';
import { formatDuration } from '../model/format.ts';
import { ReasonedDialog } from './reasoned-dialog.tsx';

export function SwitchoverDialog({ of, onClose }: { of: MigrationSummary; onClose: () => void }) {
  const fits = of.forecastPauseMs !== null && of.forecastPauseMs <= of.maxDowntimeMs;
  return (
    <ReasonedDialog
      title={`Switch ${of.vm} over now?`}
      words="Switch over"
      back="Let it go on"
      cost={[
        <>
          {of.vm} pauses as soon as the rest fits the longest pause that is allowed,{' '}
          <b class="num">{formatDuration(of.maxDowntimeMs)}</b>, even where another pass would make it
          shorter.
          {of.forecastPauseMs !== null && (
            <>
              {' '}
              At the last boundary it would have been <b class="num">{formatDuration(of.forecastPauseMs)}</b>.
            </>
          )}
        </>,
        ...(fits ? [] : ['That does not fit yet: it goes on copying until it does. A longer limit helps.']),
      ]}
      act={async (reason) => await switchOver(of.id, reason)}
      onClose={onClose}
    />
  );
}
