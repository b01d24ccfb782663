/** What the convergence bench has measured on one accelerator, and where it is kept. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Accelerator } from '../../lab/accelerator.ts';
import type { Environment } from '../policies/environment.ts';
import { ROOT } from '../policies/store.ts';
import type { RowFigures } from './run.ts';
import type { Setting } from './settings.ts';

export interface ConvergenceFigures {
  readonly accelerator: Accelerator;
  readonly setting: Setting;
  readonly environment: Environment;
  readonly stock: RowFigures;
  readonly mp: RowFigures;
  readonly forecast: RowFigures;
  /** Forecast, with `--brake when-it-pays`. Only on KVM. */
  readonly braking: RowFigures | null;
  /** Under forecast, a guest that needs no help. Not on KVM. */
  readonly idle: RowFigures | null;
  /** Not counted, on KVM: guests that the emulated machine broke, see `lab/kvm/emulation-fault.ts`. */
  readonly brokenGuests?: number;
}

export function keep(figures: ConvergenceFigures): void {
  writeFileSync(fileOf(figures.accelerator), `${JSON.stringify(figures, null, 2)}\n`);
}

/** @returns undefined when nobody has kept any */
export function kept(accelerator: Accelerator): ConvergenceFigures | undefined {
  const file = fileOf(accelerator);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ConvergenceFigures) : undefined;
}

function fileOf(accelerator: Accelerator): string {
  return path.join(ROOT, 'bench', 'results', `convergence-${accelerator}.json`);
}
