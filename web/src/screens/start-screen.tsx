/** A form for one migration. It is asked for once more, with what it costs, before anything begins. */
import { useRef, useState } from 'preact/hooks';
import type { StartRequest } from '../api-types.ts';
import { startMigration } from '../client.ts';
import { formatDuration, formatRate } from '../model/format.ts';
import { type Parsed, parseDuration, parseRate } from '../model/parse.ts';
import { hostOf } from '../model/words.ts';
import { useAsking } from '../parts/asking.ts';
import { Confirm, Dialog } from '../parts/dialog.tsx';
import { Choice, Field } from '../parts/field.tsx';
import { valuesOf } from '../parts/limits-dialog.tsx';
import { go, mayOperate, takeSummary } from '../store.ts';

const POLICIES = [
  ['', 'the service’s own choice'],
  ['forecast', 'forecast: weighs each pass against the pause'],
  ['mp', 'mp: early for guests that write a lot'],
] as const;
const OVER_BUDGET = [
  ['', 'the service’s own choice'],
  ['abort', 'give up: the guest stays'],
  ['brake', 'brake: slow the guest for a while'],
  ['post-copy', 'post-copy: no way back'],
  ['leave', 'leave: go on copying'],
] as const;

const EMPTY = {
  vm: '',
  destination: '',
  migrateUri: '',
  listenUri: '',
  policy: '',
  downtime: '',
  maxDowntime: '',
  timeout: '',
  bandwidth: '',
  overBudget: '',
  reason: '',
  correlationId: '',
};
type Form = typeof EMPTY;

export function StartScreen() {
  const [form, setForm] = useState(EMPTY);
  const [asking, setAsking] = useState<StartRequest | undefined>(undefined);
  const figures = figuresOf(form);
  const wrong = Object.values(figures).some((each) => each && 'problem' in each);
  const field = (name: keyof Form, label: string, hint?: string, parsed?: Parsed) => (
    <Field
      label={label}
      value={form[name]}
      onInput={(text) => setForm({ ...form, [name]: text })}
      {...(hint === undefined ? {} : { hint })}
      problem={parsed && 'problem' in parsed ? parsed.problem : undefined}
      required={name === 'vm' || name === 'destination'}
    />
  );
  return (
    <>
      <h1 tabIndex={-1}>Start a migration</h1>
      {!mayOperate.value && (
        <p class="problem">You may only look: to start needs a token of the role operate.</p>
      )}
      <form
        class="start"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) setAsking(requestOf(form));
        }}
      >
        <fieldset>
          <legend>What goes where</legend>
          {field('vm', 'VM on its source', 'qmp:/run/vm1.sock, or db1 of the libvirt of this host')}
          {field('destination', 'Destination', 'qmp:/run/vm1-in.sock, or qemu+ssh://host2/system')}
          {field('migrateUri', 'Memory goes to', 'tcp:10.0.0.2:4444. Where libvirt chooses: leave it empty.')}
          {field('listenUri', 'Destination listens at', 'Only where it is not the same.')}
        </fieldset>
        <fieldset>
          <legend>Limits</legend>
          {field(
            'downtime',
            'Pause that is always fine',
            'Like 300ms. Empty: as the service is set.',
            figures.downtimeMs,
          )}
          {field(
            'maxDowntime',
            'Longest pause allowed',
            'Like 2s. Empty: as the service is set.',
            figures.maxDowntimeMs,
          )}
          {field('timeout', 'Give up after', 'Like 30m. Empty: as the service is set.', figures.timeoutMs)}
          {field(
            'bandwidth',
            'Bandwidth at most',
            'Like 10gbit. Empty: no cap.',
            figures.bandwidthBytesPerSecond,
          )}
          <Choice
            label="If no allowed pause is possible"
            value={form.overBudget}
            options={OVER_BUDGET}
            onChange={(overBudget) => setForm({ ...form, overBudget })}
          />
          <Choice
            label="Policy"
            value={form.policy}
            options={POLICIES}
            onChange={(policy) => setForm({ ...form, policy })}
          />
        </fieldset>
        <fieldset>
          <legend>For the log</legend>
          {field('reason', 'Reason', 'Why it is wanted.')}
          {field('correlationId', 'Your number for it', 'A ticket, a change.')}
        </fieldset>
        <div class="buttons">
          <button type="submit" class="primary" disabled={wrong || !mayOperate.value}>
            Go on…
          </button>
        </div>
      </form>
      {asking && <StartDialog request={asking} onClose={() => setAsking(undefined)} />}
    </>
  );
}

function StartDialog({ request, onClose }: { request: StartRequest; onClose: () => void }) {
  const { busy, problem, ask } = useAsking();
  // A second try of the same wish is the same wish.
  const key = useRef(crypto.randomUUID());
  return (
    <Dialog title={`Migrate ${request.vm} to ${hostOf(request.destination)}?`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(async () => {
            const begun = await startMigration(request, key.current);
            takeSummary(begun);
            onClose();
            go({ screen: 'migration', id: begun.id });
          });
        }}
      >
        <div class="cost">
          {startCost(request).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        <Confirm words="Start the migration" back="Not yet" busy={busy} problem={problem} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function startCost({ maxDowntimeMs, bandwidthBytesPerSecond, overBudget }: StartRequest): string[] {
  const longest =
    maxDowntimeMs === undefined ? 'as long as the service allows' : `up to ${formatDuration(maxDowntimeMs)}`;
  const over: Readonly<Record<string, string>> = {
    brake: 'If no such pause is possible, the guest is slowed down for a while.',
    'post-copy':
      'If no such pause is possible, it goes on by post-copy: from there on a lost link loses the guest.',
    leave: 'If no such pause is possible, it goes on copying until someone ends it.',
    abort: 'If no such pause is possible, it is given up and the guest stays.',
  };
  return [
    `The guest stands still once, for ${longest}, and runs on the destination after that.`,
    bandwidthBytesPerSecond === undefined
      ? 'Its memory, and all that it writes meanwhile, goes over the link as fast as that carries it.'
      : `Its memory, and all that it writes meanwhile, goes over the link at ${formatRate(bandwidthBytesPerSecond)} at most.`,
    ...(overBudget === undefined ? [] : [over[overBudget] ?? '']),
    'It can be cancelled until the guest is stopped.',
  ];
}

function figuresOf(form: Form) {
  return {
    downtimeMs: unlessEmpty(form.downtime, parseDuration),
    maxDowntimeMs: unlessEmpty(form.maxDowntime, parseDuration),
    timeoutMs: unlessEmpty(form.timeout, parseDuration),
    bandwidthBytesPerSecond: unlessEmpty(form.bandwidth, parseRate),
  };
}

function unlessEmpty(text: string, parse: (text: string) => Parsed): Parsed | undefined {
  return text.trim() === '' ? undefined : parse(text);
}

/** What was left empty is left out: the service has its own settings for it. */
function requestOf(form: Form): StartRequest {
  const { migrateUri, listenUri, policy, overBudget, reason, correlationId } = form;
  const words = Object.entries({ migrateUri, listenUri, policy, overBudget, reason, correlationId })
    .map(([name, text]) => [name, text.trim()] as const)
    .filter(([, text]) => text !== '');
  return {
    vm: form.vm.trim(),
    destination: form.destination.trim(),
    ...valuesOf(figuresOf(form)),
    ...Object.fromEntries(words),
  };
}
