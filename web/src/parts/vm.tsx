/** Which VM, and from where to where: the same on every screen. */
import type { MigrationSummary } from '../api-types.ts';
import { hrefOf } from '../model/route.ts';
import { hostOf } from '../model/words.ts';

export function Vm({ of }: { of: MigrationSummary }) {
  return (
    <>
      <a class="vm" href={hrefOf({ screen: 'migration', id: of.id })}>
        {of.vm}
      </a>
      <Way of={of} />
    </>
  );
}

export function Way({ of }: { of: MigrationSummary }) {
  const title = `${of.source} → ${of.destination ?? 'not known'}`;
  return (
    <span class="way" title={title}>
      {hostOf(of.source)} <span aria-hidden="true">→</span>
      <span class="hidden">to</span> {hostOf(of.destination)}
    </span>
  );
}
