import { DEFAULT_RATE_BITS_PER_SECOND } from '../link.ts';
import { MAX_HOSTS } from '../namespaces.ts';
import { UsageError } from '../usage-error.ts';
import { readArguments, readBitsPerSecond, readWhole } from './arguments.ts';
import { upKvm } from './up-kvm.ts';
import { upLibvirt } from './up-libvirt.ts';
import { upPair } from './up-pair.ts';
import { GUEST_OPTIONS, readGuestChoice, type UpRequest } from './up-request.ts';

const OPTIONS = {
  ...GUEST_OPTIONS,
  kvm: { type: 'boolean', default: false },
  libvirt: { type: 'boolean', default: false },
  hosts: { type: 'string' },
  id: { type: 'string' },
  link: { type: 'string' },
  'no-wait': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** Starts a lab that stays, with a guest, and says what to do with it. */
export async function up(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, OPTIONS, 0);
  const rateBitsPerSecond =
    values.link === undefined ? DEFAULT_RATE_BITS_PER_SECOND : readBitsPerSecond('--link', values.link);
  const request: UpRequest = {
    guest: readGuestChoice(values),
    lab: { ...(values.id === undefined ? {} : { id: values.id }), rateBitsPerSecond, keep: true },
    wait: !values['no-wait'],
    json: values.json,
  };
  if (values.hosts !== undefined && !values.libvirt)
    throw new UsageError('--hosts is for libvirt hosts: give --libvirt as well');
  const hostCount = readHostCount(values.hosts ?? '2');
  if (values.kvm) await upKvm(request, values.libvirt, argumentsInside(values));
  else if (values.libvirt) await upLibvirt(request, hostCount);
  else await upPair(request);
  return 0;
}

/** Of the lab in the KVM host: all that was given but what the host's own command says anew. */
function argumentsInside({
  kvm,
  id,
  json,
  ...values
}: Record<string, string | boolean | undefined>): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}=${value}`];
  });
}

function readHostCount(text: string): number {
  const count = readWhole('--hosts', text);
  if (count < 2 || count > MAX_HOSTS)
    throw new UsageError(`--hosts ${text}: a lab has 2 to ${MAX_HOSTS} hosts`);
  return count;
}
