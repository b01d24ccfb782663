import type { MigrationSummary } from '../api-types.ts';
import { cancelMigration } from '../client.ts';
import { formatBytes, formatElapsed } from '../model/format.ts';
import { hostOf } from '../model/words.ts';
import { ReasonedDialog } from './reasoned-dialog.tsx';

export function CancelDialog({ of, onClose }: { of: MigrationSummary; onClose: () => void }) {
  return (
    <ReasonedDialog
      title={`Cancel the migration of ${of.vm}?`}
      words="Cancel the migration"
      back="Let it go on"
      danger
      cost={[
        <>
          {of.vm} stays on <b>{hostOf(of.source)}</b> and runs on. What it cost so far is lost:{' '}
          <b class="num">{formatBytes(of.sentBytes)}</b> sent in{' '}
          <b class="num">{formatElapsed(of.elapsedMs)}</b>. A later migration begins from nothing.
        </>,
        ...(of.state === 'copying'
          ? []
          : [`It is ${of.state.replaceAll('-', ' ')}: the cancel may come too late, and the guest arrives.`]),
      ]}
      act={async (reason) => await cancelMigration(of.id, reason)}
      onClose={onClose}
    />
  );
}
