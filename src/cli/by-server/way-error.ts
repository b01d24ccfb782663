/** What goes wrong between a command and a service, as its exit status and sentences. */
import { ServiceError } from '../../client/service-error.ts';
import { UnreachableError } from '../../client/unreachable.ts';
import { EXIT } from '../exit-status.ts';
import { refusedWords } from '../refused-words.ts';

/** @returns undefined for what is something else */
export function wayError(
  error: unknown,
): { readonly status: number; readonly sentences: readonly string[] } | undefined {
  if (error instanceof UnreachableError) return { status: EXIT.refused, sentences: [error.message] };
  if (!(error instanceof ServiceError)) return undefined;
  const { status, message } = error;
  // As the command line says it where it is refused here.
  if (status === 409) return { status: EXIT.refused, sentences: refusedWords(message) };
  if ([400, 413, 415, 422].includes(status)) return { status: EXIT.usage, sentences: [message] };
  return { status: status === 500 ? EXIT.unexpected : EXIT.refused, sentences: [message] };
}
