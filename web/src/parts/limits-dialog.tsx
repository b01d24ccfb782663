import { useState } from 'preact/hooks';
import type { MigrationSummary } from '../api-types.ts';
import { changeLimits } from '../client.ts';
import { costOf } from '../model/limits-cost.ts';
import { type Parsed, parseCap, parseDuration, spellCap, spellDuration, valuesOf } from '../model/parse.ts';
import { takeSummary } from '../store.ts';
import { useAsking } from './asking.ts';
import { Confirm, Dialog } from './dialog.tsx';
import { Field } from './field.tsx';

export function LimitsDialog({ of, onClose }: { of: MigrationSummary; onClose: () => void }) {
  const [downtime, setDowntime] = useState(spellDuration(of.downtimeMs));
  const [longest, setLongest] = useState(spellDuration(of.maxDowntimeMs));
  const [cap, setCap] = useState(spellCap(of.bandwidthBytesPerSecond));
  const { busy, problem, ask } = useAsking();
  const wished = {
    downtimeMs: unlessSame(parseDuration(downtime), of.downtimeMs),
    maxDowntimeMs: unlessSame(parseDuration(longest), of.maxDowntimeMs),
  };
  const wishedCap = cap === spellCap(of.bandwidthBytesPerSecond) ? undefined : parseCap(cap);
  const wish = { ...valuesOf(wished), ...valuesOf({ bandwidthBytesPerSecond: wishedCap }) };
  const wrong = [...Object.values(wished), wishedCap].some((each) => each && 'problem' in each);
  const cost = costOf(of, wish);
  return (
    <Dialog title={`Change the limits of ${of.vm}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(async () => {
            takeSummary(await changeLimits(of.id, wish));
            onClose();
          });
        }}
      >
        <div class="fields">
          <Field
            label="Pause that is always fine"
            value={downtime}
            onInput={setDowntime}
            problem={problemOf(wished.downtimeMs)}
          />
          <Field
            label="Longest pause allowed"
            value={longest}
            onInput={setLongest}
            problem={problemOf(wished.maxDowntimeMs)}
          />
          <Field
            label="Bandwidth of its passes"
            value={cap}
            onInput={setCap}
            hint="Like 480mbit or 10gbit; none: what the link has."
            problem={wishedCap && 'problem' in wishedCap ? wishedCap.problem : undefined}
          />
        </div>
        <div class="cost" aria-live="polite">
          {wrong ? (
            <p>Nothing can change until what is marked is mended.</p>
          ) : cost.length === 0 ? (
            <p>Nothing would change.</p>
          ) : (
            cost.map((sentence) => <p key={sentence}>{sentence}</p>)
          )}
        </div>
        <Confirm
          words="Change the limits"
          back="Leave them"
          busy={busy}
          problem={problem}
          disabled={wrong || cost.length === 0}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function unlessSame(parsed: Parsed, now: number): Parsed | undefined {
  return 'value' in parsed && parsed.value === now ? undefined : parsed;
}

function problemOf(parsed: Parsed | undefined): string | undefined {
  return parsed && 'problem' in parsed ? parsed.problem : undefined;
}
