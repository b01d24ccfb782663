/**
 * What `virsh event --all --loop --timestamp` prints, line by line:
 *
 *     2026-11-22 23:02:05.320+0000: event 'migration-iteration' for domain 'vm1': iteration: '2'
 *     2026-11-22 23:02:06.052+0000: event 'lifecycle' for domain 'vm1': Suspended Migrated
 *     2026-11-22 23:02:10.038+0000: event 'job-completed' for domain 'vm1':
 *     	operation: 5
 *     	time_elapsed: 10809
 *
 * A domain's name may hold quotes and colons, so lines are read from both ends towards it.
 */
import { type JobInfo, parseJobInfo } from './job-info.ts';

export type DomainEvent = { readonly domain: string; readonly stampMs: number } & (
  | { readonly kind: 'iteration'; readonly iteration: number }
  /** libvirt's own words: `Suspended Migrated`, `Resumed Unpaused`, `Started Migrated`. */
  | { readonly kind: 'lifecycle'; readonly change: string; readonly detail: string }
  | { readonly kind: 'job-completed'; readonly job: JobInfo }
);

const STAMP = String.raw`(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\+0000`;
const ITERATION = new RegExp(
  `^${STAMP}: event 'migration-iteration' for domain '(.*)': iteration: '(\\d{1,20})'$`,
  's',
);
const LIFECYCLE = new RegExp(`^${STAMP}: event 'lifecycle' for domain '(.*)': (\\w+) ([\\w /-]+)$`, 's');
const JOB_COMPLETED = new RegExp(`^${STAMP}: event 'job-completed' for domain '(.*)':$`, 's');

/** Put together line by line, since a completed job's figures come on lines of their own. */
export class EventLines {
  private completed: { domain: string; stampMs: number; figures: string[] } | undefined;

  /** @returns the events that are whole with this line */
  take(line: string): DomainEvent[] {
    if (this.completed && line.startsWith('\t')) {
      this.completed.figures.push(line);
      return [];
    }
    const before = this.flush();
    const job = JOB_COMPLETED.exec(line);
    if (job && !Number.isNaN(stampMs(job)))
      this.completed = { domain: job[3] ?? '', stampMs: stampMs(job), figures: [] };
    const event = parseLine(line);
    // A line that has the form of an event and no time is none.
    return event && !Number.isNaN(event.stampMs) ? [...before, event] : before;
  }

  /** A completed job whose last line nothing has followed yet. */
  flush(): DomainEvent[] {
    const completed = this.completed;
    this.completed = undefined;
    if (!completed) return [];
    const { domain, stampMs, figures } = completed;
    const job = parseJobInfo(['Job type: 3', ...figures].join('\n'));
    return [{ kind: 'job-completed', domain, stampMs, job }];
  }
}

function parseLine(line: string): DomainEvent | undefined {
  const iteration = ITERATION.exec(line);
  if (iteration)
    return {
      kind: 'iteration',
      domain: iteration[3] ?? '',
      stampMs: stampMs(iteration),
      iteration: Number(iteration[4]),
    };
  const lifecycle = LIFECYCLE.exec(line);
  if (lifecycle)
    return {
      kind: 'lifecycle',
      domain: lifecycle[3] ?? '',
      stampMs: stampMs(lifecycle),
      change: lifecycle[4] ?? '',
      detail: lifecycle[5] ?? '',
    };
  return undefined;
}

/** Milliseconds since 1970, on the clock of the machine on which virsh runs. */
function stampMs(match: RegExpExecArray): number {
  return Date.parse(`${match[1]}T${match[2]}Z`);
}
