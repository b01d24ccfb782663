/** An estimate: the likely figure, between which two it lies, and the same drawn, against a limit where there is one. */
import type { Estimate } from '../api-types.ts';
import { estimateWords } from '../model/plan-words.ts';
import { Quantity } from './figures.tsx';

export interface RangeProps {
  readonly of: Estimate;
  readonly format: (value: number) => string;
  readonly kind: 'sent' | 'time' | 'pause';
  /** The notch. */
  readonly limit?: number;
}

export function Range({ of, format, kind, limit }: RangeProps) {
  const [likely, between] = estimateWords(of, format);
  const isOver = limit !== undefined && of.likely > limit;
  const most = Math.max(of.high, limit ?? 0) * 1.08 || 1;
  const x = (value: number) => ((value / most) * 100).toFixed(1);
  return (
    <div class={`range ${isOver ? 'over' : kind}`}>
      <span class="big">
        <Quantity words={likely} />
      </span>
      <span class="between num">{between}</span>
      <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="6" />
        <rect class="soft" x={x(of.low)} width={x(Math.max(most / 200, of.high - of.low))} height="6" />
        <rect class="fill" x={x(of.likely)} width="1" height="6" />
        {limit !== undefined && <rect class="notch" x={x(limit)} width="0.8" height="6" />}
      </svg>
      {limit !== undefined && (
        <span class={isOver ? 'limit over' : 'limit'}>
          {isOver ? 'over the' : 'of the'} {format(limit)} allowed
        </span>
      )}
    </div>
  );
}
