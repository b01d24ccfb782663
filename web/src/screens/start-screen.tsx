/** One migration: what is wished for, what that would come to, and, once that is confirmed with what it costs, its start. */
import { useEffect, useState } from 'preact/hooks';
import type { Plan, StartRequest } from '../api-types.ts';
import { getHosts, planMigration } from '../client.ts';
import { destinationsFrom } from '../model/hosts.ts';
import type { Parsed } from '../model/parse.ts';
import type { StartOf } from '../model/route.ts';
import {
  EMPTY_FORM,
  figuresOf,
  isWrong,
  planRequestOf,
  type StartForm,
  startRequestOf,
} from '../model/start-form.ts';
import { useAsking } from '../parts/asking.ts';
import { Choice, Field } from '../parts/field.tsx';
import { PlanView } from '../parts/plan.tsx';
import { StartDialog } from '../parts/start-dialog.tsx';
import { mayOperate } from '../store.ts';

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

/** A plan, and what it is of: it is none of a form that says something else by now. */
interface Planned {
  readonly of: string;
  readonly plan: Plan;
}

export function StartScreen({ vm, connect }: StartOf) {
  const [form, setForm] = useState<StartForm>({ ...EMPTY_FORM, vm, connect });
  const [planned, setPlanned] = useState<Planned | undefined>(undefined);
  const [asking, setAsking] = useState<StartRequest | undefined>(undefined);
  const [hosts, setHosts] = useState<readonly string[]>([]);
  const { busy, problem, ask } = useAsking();
  // To choose from. Where they are not told, they are typed.
  useEffect(() => {
    getHosts().then(
      (found) => setHosts(destinationsFrom(found, connect)),
      () => {},
    );
  }, []);
  const wrong = isWrong(form);
  const plan = planned?.of === JSON.stringify(planRequestOf(form)) ? planned.plan : undefined;
  const makePlan = (wished: StartForm) =>
    ask(async () => {
      const request = planRequestOf(wished);
      setPlanned({ of: JSON.stringify(request), plan: await planMigration(request) });
      document.querySelector<HTMLElement>('#plan')?.focus();
    });
  const refused = plan !== undefined && plan.findings.length > 0;
  const isPossible = plan !== undefined && plan.verdict !== 'not-possible' && !refused;
  const mayStart = !wrong && mayOperate.value && form.destination.trim() !== '' && !refused && !busy;
  return (
    <>
      <h1 tabIndex={-1}>Start a migration</h1>
      {!mayOperate.value && (
        <p class="problem">You may only look: to plan and to start needs a token of the role operate.</p>
      )}
      <form
        class="start"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) makePlan(form);
        }}
      >
        <Fields form={form} change={(changes) => setForm({ ...form, ...changes })} hosts={hosts} />
        <div class="buttons">
          <button type="submit" class={plan ? '' : 'primary'} disabled={wrong || busy || !mayOperate.value}>
            {busy ? 'Looking at the guest…' : plan ? 'Plan it again' : 'Plan it'}
          </button>
          <button
            type="button"
            class={isPossible ? 'primary' : ''}
            disabled={!mayStart || form.vm.trim() === ''}
            onClick={() => setAsking(startRequestOf(form))}
          >
            {plan ? 'Start…' : 'Start without a plan…'}
          </button>
          <p class="hint">
            A plan looks at the guest for some seconds and changes nothing: it tells the pause and the time to
            expect, and what forbids it.
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
      {plan && (
        <PlanView
          of={plan}
          take={(changes) => {
            const changed = { ...form, ...changes };
            setForm(changed);
            makePlan(changed);
          }}
        />
      )}
      {asking && <StartDialog request={asking} plan={plan} onClose={() => setAsking(undefined)} />}
    </>
  );
}

interface FieldsProps {
  readonly form: StartForm;
  readonly change: (changes: Partial<StartForm>) => void;
  /** Where it may go to. */
  readonly hosts: readonly string[];
}

function Fields({ form, change, hosts }: FieldsProps) {
  const figures = figuresOf(form);
  const field = (name: keyof StartForm, label: string, hint?: string, parsed?: Parsed) => (
    <Field
      label={label}
      value={form[name]}
      onInput={(text) => change({ [name]: text })}
      {...(hint === undefined ? {} : { hint })}
      problem={parsed && 'problem' in parsed ? parsed.problem : undefined}
      required={name === 'vm'}
      {...(name === 'destination' ? { choices: hosts } : {})}
    />
  );
  const unset = 'Empty: as the service is set.';
  return (
    <>
      <fieldset>
        <legend>What goes where</legend>
        {field('vm', 'VM on its source', 'A domain’s name like db1, or qmp:/run/vm1.sock')}
        {field('connect', 'Host of that domain', 'Empty: the service’s own.')}
        {field('destination', 'Destination', 'qemu+ssh://host2/system, or qmp:/run/vm1-in.sock')}
        {field('migrateUri', 'Memory goes to', 'tcp:10.0.0.2:4444. Where libvirt chooses: leave it empty.')}
        {field('listenUri', 'Destination listens at', 'Only where it is not the same.')}
      </fieldset>
      <fieldset>
        <legend>Limits</legend>
        {field('maxDowntime', 'Longest pause allowed', `Like 2s. ${unset}`, figures.maxDowntimeMs)}
        {field('downtime', 'Pause that is always fine', `Like 300ms. ${unset}`, figures.downtimeMs)}
        {field('timeout', 'Give up after', `Like 30m. ${unset}`, figures.timeoutMs)}
        <Choice
          label="If no allowed pause is possible"
          value={form.overBudget}
          options={OVER_BUDGET}
          onChange={(overBudget) => change({ overBudget })}
        />
        <Choice
          label="Policy"
          value={form.policy}
          options={POLICIES}
          onChange={(policy) => change({ policy })}
        />
      </fieldset>
      <fieldset>
        <legend>Link, and for the log</legend>
        {field(
          'bandwidth',
          'Bandwidth at most',
          'Like 10gbit. Empty: no cap.',
          figures.bandwidthBytesPerSecond,
        )}
        {field(
          'lineRate',
          'What the link carries',
          'Like 10gbit. Empty: as earlier migrations showed it.',
          figures.lineRateBytesPerSecond,
        )}
        {field('reason', 'Reason', 'Why it is wanted.')}
        {field('correlationId', 'Your number for it', 'A ticket, a change.')}
      </fieldset>
    </>
  );
}
