/** The moments of a migration, as the witnesses' events show them. */
import type { WitnessedEvent } from './witness.ts';

export type IsMoment = (event: WitnessedEvent) => boolean;

/** The moment did not come, or was over before anything could be done in it: that says nothing of switchover. */
export class MissedError extends Error {
  override readonly name = 'MissedError';
  timeline = '';
}

/** The beginning of this pass, or of a later one. */
export function isPass(number: number): IsMoment {
  return ({ name, data }) => name === 'MIGRATION_PASS' && Number(data['pass']) >= number;
}

export function isStatus(status: string): IsMoment {
  return ({ name, data }) => name === 'MIGRATION' && data['status'] === status;
}

export function isStop({ name }: WitnessedEvent): boolean {
  return name === 'STOP';
}

export function isResume({ name }: WitnessedEvent): boolean {
  return name === 'RESUME';
}
