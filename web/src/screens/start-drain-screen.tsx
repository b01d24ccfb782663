/** A drain: what is wished for, what that would come to, and, once that is confirmed with what it costs, its start. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Host } from '../api-types.ts';
import { getHosts } from '../client.ts';
import { planDrain, startDrain } from '../drain-client.ts';
import type { DrainPlan, DrainRequest } from '../drain-types.ts';
import {
  type DrainForm,
  destinationsIn,
  drainFigures,
  drainPlanRequestOf,
  drainRequestOf,
  EMPTY_DRAIN_FORM,
  isDrainWrong,
  withDestination,
} from '../model/drain-form.ts';
import { drainCost } from '../model/drain-plan-words.ts';
import { newWishKey } from '../model/wish-key.ts';
import { hostOf, isHost } from '../model/words.ts';
import { useAsking } from '../parts/asking.ts';
import { Confirm, Dialog } from '../parts/dialog.tsx';
import { DrainPlanView } from '../parts/drain-plan.tsx';
import { Choice, Field } from '../parts/field.tsx';
import { go, mayOperate } from '../store.ts';

const ORDERS = [
  ['', 'the service’s own choice'],
  ['hardest-first', 'hardest first: what may fail does so early'],
  ['easy-first', 'easy first: most have left soon'],
  ['listed', 'as the host lists them'],
] as const;
const WHEN = [
  ['', 'the service’s own choice'],
  ['now', 'at once'],
  ['calm', 'in a calmer moment, if it is busy'],
] as const;
const WHOLE = [
  ['', 'move those that can'],
  ['whole', 'all or nothing'],
] as const;

export function StartDrainScreen({ host }: { host: string }) {
  const [form, setForm] = useState<DrainForm>({ ...EMPTY_DRAIN_FORM, host });
  const [planned, setPlanned] = useState<{ readonly of: string; readonly plan: DrainPlan } | undefined>(
    undefined,
  );
  const [asking, setAsking] = useState<DrainRequest | undefined>(undefined);
  const [hosts, setHosts] = useState<readonly Host[]>([]);
  const { busy, problem, ask } = useAsking();
  // To choose from. Where they are not told, they are typed.
  useEffect(() => {
    getHosts().then(setHosts, () => {});
  }, []);
  const wrong = isDrainWrong(form, new Date());
  const isWhole = form.host.trim() !== '' && destinationsIn(form.to).length > 0;
  const plan = planned?.of === keyOf(form) ? planned.plan : undefined;
  const mayAsk = !wrong && isWhole && mayOperate.value && !busy;
  const nothingLeaves =
    plan !== undefined && (plan.moves.length === 0 || (form.whole !== '' && plan.held.length > 0));
  return (
    <>
      <h1 tabIndex={-1}>Drain a host</h1>
      {!mayOperate.value && (
        <p class="problem">You may only look: to plan and to start needs a token of the role operate.</p>
      )}
      <form
        class="start"
        onSubmit={(event) => {
          event.preventDefault();
          if (!mayAsk) return;
          ask(async () => {
            setPlanned({ of: keyOf(form), plan: await planDrain(drainPlanRequestOf(form, new Date())) });
            document.querySelector<HTMLElement>('#plan')?.focus();
          });
        }}
      >
        <Fields form={form} change={(changes) => setForm({ ...form, ...changes })} hosts={hosts} />
        <div class="buttons">
          <button type="submit" class={plan ? '' : 'primary'} disabled={!mayAsk}>
            {busy ? 'Looking at the VMs…' : plan ? 'Plan it again' : 'Plan it'}
          </button>
          <button
            type="button"
            class={plan && !nothingLeaves ? 'primary' : ''}
            disabled={!mayAsk || nothingLeaves}
            onClick={() => setAsking(drainRequestOf(form, new Date()))}
          >
            {plan ? 'Start…' : 'Start without a plan…'}
          </button>
          <p class="hint">
            A plan looks at each VM for some seconds, one after the other, and changes nothing: it tells who
            can leave, how long that takes, and what keeps the others.
          </p>
        </div>
      </form>
      <p class="problem" role="alert">
        {problem}
      </p>
      {planned && !plan && !busy && (
        <p class="dim" role="status">
          The form says something else now than when it was planned: plan it again.
        </p>
      )}
      {plan && <DrainPlanView of={plan} />}
      {asking && <StartDialog request={asking} plan={plan} onClose={() => setAsking(undefined)} />}
    </>
  );
}

/** Why it is wanted, whether all have to, and what goes before it, is nothing of the plan. */
function keyOf({ reason, whole, priority, ...wish }: DrainForm): string {
  return JSON.stringify(wish);
}

interface FieldsProps {
  readonly form: DrainForm;
  readonly change: (changes: Partial<DrainForm>) => void;
  readonly hosts: readonly Host[];
}

function Fields({ form, change, hosts }: FieldsProps) {
  const { to: toProblem, ...figures } = drainFigures(form, new Date());
  const field = (name: keyof DrainForm, label: string, hint: string, parsed?: object) => (
    <Field
      label={label}
      value={form[name]}
      onInput={(text) => change({ [name]: text })}
      hint={hint}
      problem={parsed && 'problem' in parsed ? String(parsed.problem) : undefined}
      required={name === 'host'}
      {...(name === 'host' ? { choices: hosts.map((each) => each.host) } : {})}
      {...(name === 'windows' ? { rows: 2 } : {})}
    />
  );
  return (
    <>
      <fieldset>
        <legend>From where, and where to</legend>
        {field('host', 'Host to be drained', 'Like qemu+ssh://root@host1/system')}
        <Destinations form={form} change={change} hosts={hosts} problem={toProblem?.problem} />
      </fieldset>
      <fieldset>
        <legend>By when, and how</legend>
        {field(
          'deadline',
          'Deadline',
          'A time of day like 22:00, or a length like 2h. Nothing begins after it.',
          figures.deadlineMs,
        )}
        {field(
          'windows',
          'Windows, in which moves begin',
          'Like 22:00-04:00 or sat,sun 08:00-18:00, one a line, in the service’s own time. Empty: at any time.',
          figures.windows,
        )}
        {field(
          'atATime',
          'Calm VMs at a time, on a link',
          'Empty: 4, unless the service is set otherwise.',
          figures.atATime,
        )}
        <Choice
          label="When each VM begins"
          value={form.startWhen}
          options={WHEN}
          onChange={(startWhen) => change({ startWhen })}
        />
        {form.startWhen !== 'now' &&
          field(
            'calmWithin',
            'Longest wait for that',
            'Like 2h. Empty: as the deadline allows.',
            figures.calmWithinMs,
          )}
        {field(
          'priority',
          'Priority among drains',
          '0 to 1000, a higher one goes first. Empty: 0, unless the service is set otherwise.',
          figures.priority,
        )}
        <Choice label="Order" value={form.order} options={ORDERS} onChange={(order) => change({ order })} />
        <Choice
          label="If not all can leave"
          value={form.whole}
          options={WHOLE}
          onChange={(whole) => change({ whole })}
        />
      </fieldset>
      <fieldset>
        <legend>Limits, and for the log</legend>
        {field(
          'maxDowntime',
          'Longest pause allowed',
          'Like 2s. Empty: as each VM is set.',
          figures.maxDowntimeMs,
        )}
        {field(
          'lineRate',
          'What the link carries',
          'Like 10gbit. Empty: as earlier migrations showed it.',
          figures.lineRateBytesPerSecond,
        )}
        {field(
          'linkBudget',
          'Of that, for all VMs together',
          'Like 5gbit: what those on their way may take of a host’s link. Empty: all of it.',
          figures.linkBudgetBytesPerSecond,
        )}
        {field(
          'reserve',
          'Memory kept free on each destination',
          'Like 8GiB. Empty: as much as its largest VM.',
          figures.reserveBytes,
        )}
        {field('reason', 'Reason', 'Why it is wanted.')}
      </fieldset>
    </>
  );
}

function Destinations({
  form,
  change,
  hosts,
  problem,
}: FieldsProps & { readonly problem: string | undefined }) {
  const id = useId();
  const chosen = destinationsIn(form.to).map(({ host }) => host);
  const others = hosts.filter(
    ({ host, cordon, drain }) =>
      isHost(host) && host !== form.host.trim() && cordon === null && drain === null,
  );
  return (
    <div class="field">
      <label for={id}>Destinations</label>
      <textarea
        id={id}
        rows={3}
        value={form.to}
        required
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-hint`}
        onInput={(event) => change({ to: event.currentTarget.value })}
      />
      <p id={`${id}-hint`} class={problem ? 'problem' : 'hint'}>
        {problem ??
          'One a line, as the drained host reaches it; behind it, if need be, the address that memory is sent to'}
      </p>
      {others.map(({ host }) => (
        <p key={host} class="check">
          <input
            id={`${id}-${host}`}
            type="checkbox"
            checked={chosen.includes(host)}
            onChange={() => change({ to: withDestination(form.to, host) })}
          />
          <label for={`${id}-${host}`} title={host}>
            {hostOf(host)}
          </label>
        </p>
      ))}
    </div>
  );
}

interface StartDialogProps {
  readonly request: DrainRequest;
  readonly plan: DrainPlan | undefined;
  readonly onClose: () => void;
}

function StartDialog({ request, plan, onClose }: StartDialogProps) {
  const { busy, problem, ask } = useAsking();
  // A second try of the same wish is the same wish.
  const key = useRef(newWishKey());
  return (
    <Dialog title={`Drain ${hostOf(request.host)}?`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          ask(async () => {
            const { id } = await startDrain(request, key.current);
            onClose();
            go({ screen: 'drain', id });
          });
        }}
      >
        <div class="cost">
          {drainCost(request, plan).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </div>
        <Confirm
          words={busy && !plan ? 'Looking at the VMs…' : 'Start the drain'}
          back="Not yet"
          busy={busy}
          problem={problem}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}
