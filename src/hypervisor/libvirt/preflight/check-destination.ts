/** What on the destination host stands against a guest. */

import type { DomainDescription } from '../domain/domain-xml.ts';
import { type Answer, refusedWith, valueIn } from '../virsh/answer.ts';
import type { KnownDomain, NodeMemory } from './host-facts.ts';
import type { PreflightOptions } from './preflight-options.ts';
import { finding, NOTHING, note, type Verdict } from './verdict.ts';

/** libvirt compares these as well: "Attempt to migrate guest to the same host" (qemu_migration_cookie.c). */
export function checkSameHost(
  source: Answer<string | undefined>,
  destination: Answer<string | undefined>,
): Verdict {
  const uuid = valueIn(source);
  if (uuid === undefined || uuid !== valueIn(destination)) return NOTHING;
  return finding(
    'bad-address',
    `source and destination are the same host (UUID ${uuid}): name another one, or, if they are two machines with the same UUID, set host_uuid in libvirtd.conf on one of them`,
  );
}

export function checkName(
  { uuid }: Pick<DomainDescription, 'uuid'>,
  name: string,
  domains: Answer<readonly KnownDomain[] | undefined>,
): Verdict {
  const known = valueIn(domains);
  if (known === undefined) return note(`the destination's domains could not be listed${because(domains)}`);
  const itself = known.find((domain) => domain.uuid === uuid);
  const namesake = known.find((domain) => domain.name === name && domain.uuid !== uuid);
  if (namesake)
    return finding(
      'name-taken',
      `the destination has another domain of the name "${name}" (UUID ${namesake.uuid}): name this one differently there with --dname, or rename that one`,
    );
  if (itself && itself.name !== name)
    return finding(
      'name-taken',
      `the destination has this domain (UUID ${uuid}) under the name "${itself.name}": migrate with --dname and that name, or undefine it there`,
    );
  if (itself?.active)
    return finding(
      'name-taken',
      `the domain "${name}" is active on the destination already: if another migration of it is under way take that over with \`switchover attach\`, otherwise find out which of both is the right one`,
    );
  return NOTHING;
}

export function checkMemory(
  { memoryBytes, hugePages }: Pick<DomainDescription, 'memoryBytes' | 'hugePages'>,
  memory: Answer<NodeMemory | undefined>,
  { force }: Pick<PreflightOptions, 'force'>,
): Verdict {
  if (hugePages) return note('whether the destination has enough free huge pages was not looked at');
  const available = valueIn(memory)?.availableBytes;
  if (available === undefined)
    return note(`the destination's free memory could not be found out${because(memory)}`);
  if (available >= memoryBytes) return NOTHING;
  const sentence = `the guest has ${size(memoryBytes)} of memory, and the destination has ${size(available)} free`;
  if (force) return note(sentence);
  return finding('no-memory', `${sentence}: make room there (--force migrates all the same)`);
}

/** @param capabilities of `virsh domcapabilities` for the guest's machine, which answers no by an error */
export function checkMachine(capabilities: Answer<string>): Verdict {
  if ('value' in capabilities) return NOTHING;
  const words = refusedWith(capabilities);
  if (words === undefined || !REFUSES_MACHINE.test(words))
    return note(
      `whether the destination has the guest's machine type could not be found out${because(capabilities)}`,
    );
  return finding(
    'different-machine',
    `the destination cannot run this machine (${words}): install a QEMU there that has it, or migrate to a host that does`,
  );
}

const REFUSES_MACHINE =
  /is not supported by emulator|does not support virt type|unable to find any emulator|Cannot check QEMU binary|unknown (architecture|virt)|architecture .* (not|doesn't)/i;

/** @param compared of `virsh hypervisor-cpu-compare --error`; undefined: the guest states no processor */
export function checkCpu(
  { cpu }: Pick<DomainDescription, 'cpu'>,
  compared: Answer<string> | undefined,
  { force }: Pick<PreflightOptions, 'force'>,
): Verdict {
  if (compared === undefined) return NOTHING;
  const answer = valueIn(compared);
  if (answer !== undefined)
    return cpu === 'host' && !/\bidentical\b/.test(answer)
      ? note(
          "the guest has its host's own CPU, and the destination's is not the same: it may miss features there",
        )
      : NOTHING;
  const words = refusedWith(compared);
  if (words === undefined || !REFUSES_CPU.test(words))
    return note(`whether the destination has the guest's CPU could not be found out${because(compared)}`);
  const missing = words.match(/required features: (.*)/)?.[1];
  const sentence = missing
    ? `the destination's CPU lacks what the guest's has: ${missing}`
    : `the destination cannot give the guest its CPU (${words})`;
  if (force) return note(sentence);
  return finding(
    'different-cpu',
    `${sentence}; give the guest a CPU model that both hosts have and restart it (--force migrates all the same)`,
  );
}

const REFUSES_CPU = /incompatible with|required features|unknown CPU model/i;

function because(answer: Answer<unknown>): string {
  return 'problem' in answer ? `: ${answer.problem}` : '';
}
function size(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
}
