/** A VM as a drain takes it up. */
import type { Config } from '../config/config.ts';
import { type OwnWord, objectionOf, wayOfWord } from '../drain/own-word.ts';
import type { VmSeen } from './drain-hosts.ts';
import { type DrainSettings, groupsOf, linkFrom, vmSettingsOf } from './drain-settings.ts';
import type { NewMove } from './drains.ts';

interface QueuedVm {
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly apart: readonly string[];
  readonly word: OwnWord;
  readonly priority: number;
  readonly obstacles: NewMove['obstacles'];
  readonly calmAmong: NewMove['calmAmong'];
  readonly refused?: NewMove['refused'];
  readonly expectsMs?: NewMove['expectsMs'];
  readonly calm?: NewMove['calm'];
}

export function newMoveOf(host: string, vm: QueuedVm): NewMove {
  const {
    uuid,
    name,
    memoryBytes,
    apart,
    word,
    priority,
    obstacles,
    calmAmong,
    refused = {},
    expectsMs,
    calm,
  } = vm;
  return {
    ...{ vm: uuid, name, source: host, link: linkFrom(host), memoryBytes },
    ...{ calmAmong, apart, priority, way: wayOfWord(word), obstacles, refused, expectsMs, calm },
  };
}

/** One that was looked at and not rehearsed. */
export function foundMoveOf(
  host: string,
  vm: VmSeen & { readonly uuid: string } & Pick<NewMove, 'calmAmong'>,
  config: Config,
  asked: DrainSettings,
): NewMove {
  const { uuid, name, memoryBytes, metadata, calmAmong } = vm;
  const { maintenance: word, priority, apart } = vmSettingsOf(config, { name, metadata }, asked);
  const objection = objectionOf(word, name);
  return newMoveOf(host, {
    ...{ uuid, name, memoryBytes, word, priority, calmAmong },
    apart: [...groupsOf(name, asked.apart), ...apart],
    obstacles: [...vm.obstacles, ...(objection ? [objection] : [])],
  });
}
