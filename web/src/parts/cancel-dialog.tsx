import { useState } from 'preact/hooks';
import type { MigrationSummary } from '../api-types.ts';
import { cancelMigration } from '../client.ts';
import { formatBytes, formatElapsed } from '../model/format.ts';
import { hostOf } from '../model/words.ts';
import { useAsking } from './asking.ts';
import { Confirm, Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

export function CancelDialog({ of, onClose }: { of: MigrationSummary; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const { busy, problem, ask } = useAsking();
  return (
    <Dialog title={`Cancel the migration of ${of.vm}?`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(async () => {
            await cancelMigration(of.id, reason.trim());
            onClose();
          });
        }}
      >
        <p class="cost">
          {of.vm} stays on <b>{hostOf(of.source)}</b> and runs on. What it cost so far is lost:{' '}
          <b class="num">{formatBytes(of.sentBytes)}</b> sent in{' '}
          <b class="num">{formatElapsed(of.elapsedMs)}</b>. A later migration begins from nothing.
        </p>
        {of.state !== 'copying' && (
          <p class="cost">
            It is {of.state.replaceAll('-', ' ')}: the cancel may come too late, and the guest arrives.
          </p>
        )}
        <Field
          label="Reason"
          value={reason}
          onInput={setReason}
          hint="May be left out. It is kept in the log."
        />
        <Confirm
          words="Cancel the migration"
          back="Let it go on"
          danger
          busy={busy}
          problem={problem}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}
