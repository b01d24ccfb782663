/** The result of a cell of the fault matrix, as it is kept. */
import type { CellResult } from '../../test/faults/run-cell.ts';

export interface CellRecord extends Omit<CellResult, 'timeline' | 'reusable'> {
  /** `6020ed3`, with a `+` where the tree had changes that are not in it. */
  readonly commit: string;
  readonly at: string;
  readonly hypervisor: string;
  readonly tookMs: number;
}
