import type { QmpError } from './errors.ts';

/**
 * The life of one QMP connection.
 *
 *   connecting ──> negotiating ──> running ──> closing ──> closed
 *       │               │ └───────────┼───────────^          ^
 *       └───────────────┴─────────────┴──────────────────────┘
 *
 * The long edges are failures: the socket does not open, or the peer hangs up.
 */
export type RunState =
  /** The socket is being opened. Then: negotiating, or closed if it does not open. */
  | { readonly kind: 'connecting' }
  /** Lines go to the negotiation. Then: running, closing if it fails, closed if the peer hangs up. */
  | { readonly kind: 'negotiating' }
  /** Lines are routed to listeners and waiters. Then: closing, or closed if the peer hangs up. */
  | { readonly kind: 'running' }
  /** We hung up, for `reason` or because we were asked to; nothing is read or written. Then: closed. */
  | { readonly kind: 'closing'; readonly reason: QmpError | undefined }
  /** The socket is gone. The end. */
  | { readonly kind: 'closed'; readonly reason: QmpError | undefined };

const SUCCESSORS: Record<RunState['kind'], readonly RunState['kind'][]> = {
  connecting: ['negotiating', 'closed'],
  negotiating: ['running', 'closing', 'closed'],
  running: ['closing', 'closed'],
  closing: ['closed'],
  closed: [],
};

/** Takes the edge from one state to the next. Throws an Error if there is none: a bug in this client. */
export function moveRunState(from: RunState, to: RunState): RunState {
  if (!SUCCESSORS[from.kind].includes(to.kind)) {
    throw new Error(`A QMP connection cannot go from ${from.kind} to ${to.kind}.`);
  }
  return to;
}
