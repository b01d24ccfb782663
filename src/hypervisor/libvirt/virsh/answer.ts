/** What virsh answered to a question of the pre-flight; a refusal to answer is an answer too. */
import { VirshError } from './virsh.ts';

export type Answer<T> =
  | { readonly value: T }
  /** What it said instead. */
  | { readonly problem: string; readonly error: unknown };

/** Never rejects. */
export async function answerOf<T>(asking: Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await asking };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), error };
  }
}

export function valueIn<T>(answer: Answer<T>): T | undefined {
  return 'value' in answer ? answer.value : undefined;
}

/** virsh itself ran and had an answer: no, and why. Otherwise it did not come to answer. */
export function refusedWith<T>(answer: Answer<T>): string | undefined {
  return 'problem' in answer && answer.error instanceof VirshError ? answer.problem : undefined;
}
