/** How a supervised migration ended: the last line of its journal, so the journal's room keeps its shape. */
export type { Outcome, RemotePages } from '../journal/outcome.ts';
