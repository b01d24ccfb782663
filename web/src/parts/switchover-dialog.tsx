import { useState } from 'preact/hooks';
import type { MigrationSummary } from '../api-types.ts';
import { switchOver } from '../client.ts';
import { formatDuration } from '../model/format.ts';
import { useAsking } from './asking.ts';
import { Confirm, Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

export function SwitchoverDialog({ of, onClose }: { of: MigrationSummary; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const { busy, problem, ask } = useAsking();
  const fits = of.forecastPauseMs !== null && of.forecastPauseMs <= of.maxDowntimeMs;
  return (
    <Dialog title={`Switch ${of.vm} over now?`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(async () => {
            await switchOver(of.id, reason.trim());
            onClose();
          });
        }}
      >
        <p class="cost">
          {of.vm} pauses as soon as the rest fits the longest pause that is allowed,{' '}
          <b class="num">{formatDuration(of.maxDowntimeMs)}</b>, even where another pass would make it
          shorter.
          {of.forecastPauseMs !== null && (
            <>
              {' '}
              At the last boundary it would have been <b class="num">{formatDuration(of.forecastPauseMs)}</b>.
            </>
          )}
        </p>
        {!fits && (
          <p class="cost">That does not fit yet: it goes on copying until it does. A longer limit helps.</p>
        )}
        <Field
          label="Reason"
          value={reason}
          onInput={setReason}
          hint="May be left out. It is kept in the log."
        />
        <Confirm words="Switch over" back="Let it go on" busy={busy} problem={problem} onClose={onClose} />
      </form>
    </Dialog>
  );
}
