/** Any few faults that the world may have ready for a migration. What a person at a monitor may do is not among them. */
import fc from 'fast-check';
import type { Side } from '../../hypervisor/hypervisor.ts';
import type { Answer, Fault, Incident, Trigger } from '../../hypervisor/simulated/protocol/faults.ts';

const side = fc.constantFrom<Side>('source', 'destination');
const COMMANDS = [
  'query-status',
  'query-migrate',
  'migrate-set-parameters',
  'migrate-set-capabilities',
  'migrate',
  'migrate-incoming',
  'migrate_cancel',
  'stop',
  'cont',
  'yank',
];
const EVENTS = ['STOP', 'RESUME', 'MIGRATION', 'MIGRATION_PASS'];

const command = fc.record({ command: fc.constantFrom(...COMMANDS), side });
const event = fc.record({ event: fc.constantFrom(...EVENTS), side });
const moment = fc.record({ stream: fc.constantFrom('last-byte' as const, 'loaded' as const) });
const instant = fc.record({ atMs: fc.integer({ min: 10, max: 3000 }) });
const trigger: fc.Arbitrary<Trigger> = fc.oneof(command, event, moment, instant);

const lastsMs = fc.constantFrom(50, 700, 5000, Number.POSITIVE_INFINITY);
const incident: fc.Arbitrary<Incident> = fc.oneof(
  fc.record({
    do: fc.constantFrom('connection-lost' as const, 'connection-silent' as const),
    to: side,
    ms: lastsMs,
  }),
  fc.record({ do: fc.constant('hangs' as const), to: side, ms: fc.constantFrom(50, 700, 5000) }),
  fc.record({ do: fc.constant('killed' as const), to: side }),
  fc.record({ do: fc.constantFrom('link-cut' as const, 'link-back' as const, 'link-reset' as const) }),
);
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ do: fc.constant('delay' as const), ms: fc.integer({ min: 1, max: 6000 }) }),
  fc.record({
    do: fc.constant('garbled' as const),
    // Of the kind of no answer that is read.
    value: fc.constantFrom(null, 'much', 7, []),
  }),
  fc.record({ do: fc.constantFrom('error' as const, 'never' as const, 'lost' as const, 'drop' as const) }),
);
const nth = fc.integer({ min: 1, max: 6 });

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.tuple(trigger, nth, incident).map(([on, count, what]) => ({ on, nth: count, ...what }) as Fault),
  fc
    .tuple(fc.oneof(command, event), nth, answer)
    .map(([on, count, what]) => ({ on, nth: count, ...what }) as Fault),
);

export const anyFaults: fc.Arbitrary<readonly Fault[]> = fc.array(fault, { minLength: 1, maxLength: 3 });
