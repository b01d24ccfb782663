/** What the tests of the command line expect over and over. */
import { expect } from 'vitest';
import type { Bed } from '../lab/bed.ts';
import { documentFrom, type Ran } from '../lab/switchover-process.ts';
import type { MigrationDocument } from '../src/journal/document.ts';

/** The lines that speak to the user, without progress. */
export function sentences(ran: Ran): string[] {
  return ran.stderr.split('\n').filter((line) => line.startsWith('switchover: '));
}

/** Refused: exit 3, nothing on standard output, and just these sentences. */
export function expectRefused(ran: Ran, ...patterns: RegExp[]): void {
  expect(ran.stdout).toBe('');
  expect(sentences(ran)).toEqual(patterns.map((pattern) => expect.stringMatching(pattern)));
  expect(ran.status).toBe(3);
}

/** It ended so, with this exit status. @returns the document */
export function expectEnd(
  ran: Ran,
  status: number,
  outcome: MigrationDocument['outcome'],
  runsOn: MigrationDocument['runsOn'],
  reason = /./,
): MigrationDocument {
  const document = documentFrom(ran);
  expect(document).toMatchObject({ outcome, runsOn, reason: expect.stringMatching(reason) });
  expect(ran.status).toBe(status);
  return document;
}

/** The guest is where it was, at work, and has lost nothing. */
export async function expectSourceRuns(bed: Bed): Promise<void> {
  expect(await bed.pair.source.runState()).toBe('running');
  await bed.verify('source');
}
