/** Where the VMs of a drain may go to: what room each destination has, what of it is spoken for, and what runs to it now. */
import type { Drain, DrainDestination } from '../drain-types.ts';
import { migrationOf } from '../elsewhere.ts';
import { formatWhen } from '../model/format.ts';
import { rateTo } from '../model/link-use.ts';
import { hostOf } from '../model/words.ts';
import { fleet, nowMs } from '../store.ts';
import { Bytes, Rate } from './figures.tsx';

export function Destinations({ of }: { of: Drain }) {
  const known = { here: [...fleet.value.values()], of: migrationOf };
  return (
    <section>
      <h2>Destinations</h2>
      <table class="rows destinations">
        <caption class="hidden">Destinations, with their memory and what runs to them</caption>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">State</th>
            <th scope="col">Memory that is free</th>
            <th scope="col" class="right">
              Promised
            </th>
            <th scope="col" class="right">
              Kept free
            </th>
            <th scope="col" class="right">
              On the way
            </th>
            <th scope="col" class="right">
              Arrived
            </th>
            <th scope="col" class="right">
              Link
            </th>
          </tr>
        </thead>
        <tbody>
          {of.destinations.map((each) => (
            <Row key={each.host} of={each} most={mostFree(of)} rate={rateTo(each.host, of.vms, known)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** One scale for all: what has twice the room is twice as long. */
function mostFree({ destinations }: Drain): number {
  return Math.max(1, ...destinations.map(({ freeBytes }) => freeBytes ?? 0));
}

function Row({ of, most, rate }: { of: DrainDestination; most: number; rate: number }) {
  return (
    <tr>
      <th scope="row" data-label="Host" class="name">
        <span class="vm" title={of.host}>
          {hostOf(of.host)}
        </span>
      </th>
      <td data-label="State" class="standing">
        <Standing of={of} />
      </td>
      <td data-label="Memory that is free" class="room">
        <Bytes of={of.freeBytes} />
        <RoomBar of={of} most={most} />
      </td>
      <td data-label="Promised" class="right">
        <Bytes of={of.promisedBytes} />
      </td>
      <td data-label="Kept free" class="right">
        <Bytes of={of.keptFreeBytes} />
      </td>
      <td data-label="On the way" class="right num">
        {of.coming}
      </td>
      <td data-label="Arrived" class="right num">
        {of.arrived}
      </td>
      <td data-label="Link" class="right">
        <Rate of={rate === 0 ? null : rate} />
      </td>
    </tr>
  );
}

function Standing({ of: { problem, cordonedBy, outUntil } }: { of: DrainDestination }) {
  if (cordonedBy !== null)
    return (
      <>
        <span class="chip brake">cordoned</span> <span class="dim">{cordonedBy}</span>
      </>
    );
  if (outUntil !== null)
    return (
      <>
        <span class="chip bad">left out</span>{' '}
        <span class="dim">
          three moves failed; again from {formatWhen(new Date(outUntil), new Date(nowMs.value))}
        </span>
      </>
    );
  if (problem !== null)
    return (
      <>
        <span class="chip plain">not known</span> <span class="dim">{problem}</span>
      </>
    );
  return <span class="chip good">takes VMs</span>;
}

/** Of what is free: what is promised, what is kept free, and what may still be had. */
function RoomBar({
  of: { freeBytes, promisedBytes, keptFreeBytes },
  most,
}: {
  of: DrainDestination;
  most: number;
}) {
  if (freeBytes === null) return null;
  const x = (bytes: number) => Math.min(100, (bytes / most) * 100);
  const promised = x(Math.min(freeBytes, promisedBytes));
  const kept = Math.min(x(freeBytes) - promised, x(keptFreeBytes ?? 0));
  return (
    <svg class="bar roombar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" />
      <rect class="free" width={x(freeBytes).toFixed(1)} height="6" />
      <rect class="fill" width={promised.toFixed(1)} height="6" />
      <rect
        class="kept"
        x={(x(freeBytes) - kept).toFixed(1)}
        width={Math.max(0, kept).toFixed(1)}
        height="6"
      />
    </svg>
  );
}
