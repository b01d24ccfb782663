/**
 * What a migration of ours changes of a domain, and puts back (S5): its downtime limit, and its speed where it is asked to. libvirt
 * keeps both by itself, for later migrations too.
 */
import type { Effect, FormerSettings, Restored } from '../hypervisor.ts';
import type { SideLook } from './domain/domain-state.ts';

/** The two, by their names in a journal. */
export type SettingName = 'downtimeLimitMs' | 'speedMebibytes';

interface SettingWords {
  readonly command: string;
  readonly option: string;
  readonly what: string;
  readonly unit: string;
}

const SETTINGS: Record<SettingName, SettingWords> = {
  downtimeLimitMs: {
    command: 'migrate-setmaxdowntime',
    option: '--downtime',
    what: 'downtime limit',
    unit: 'ms',
  },
  speedMebibytes: { command: 'migrate-setspeed', option: '--bandwidth', what: 'speed', unit: 'MiB/s' },
};

export interface DomainSettingParts {
  readonly name: SettingName;
  readonly domain: { readonly uri: string; readonly uuid: string; readonly name: string };
  /** What was in force before any controller of ours changed it; undefined where libvirt did not tell. */
  readonly former: number | undefined;
  /** One of ours has changed it already. */
  readonly changed: boolean;
  act(command: string, value: string): Promise<unknown>;
}

export class DomainSetting {
  protected readonly parts: DomainSettingParts;
  protected changed: boolean;
  protected former: number | undefined;
  private isPutBack = false;

  constructor(parts: DomainSettingParts) {
    this.parts = parts;
    this.changed = parts.changed;
    this.former = parts.former;
  }

  /** That there is something that could be put back. */
  get isKnown(): boolean {
    return this.former !== undefined;
  }

  get isOwed(): boolean {
    return this.isKnown && this.changed;
  }

  /** @throws {Error} once it is put back: it would stay set. Whoever sets it may have waited long, for the journal or for libvirt */
  async set(value: number): Promise<Effect> {
    if (this.isPutBack)
      throw new Error(`the ${SETTINGS[this.parts.name].what} is put back already, so it is not set any more`);
    return await this.tell(value);
  }

  /** From now on it is only put back. */
  close(): void {
    this.isPutBack = true;
  }

  protected async tell(value: number): Promise<Effect> {
    const { command } = SETTINGS[this.parts.name];
    // One that is not answered may be set all the same.
    this.changed = true;
    await this.parts.act(command, String(value));
    return { did: `${command} ${value}`, set: { [this.parts.name]: value } };
  }

  /** @returns what went wrong, in a sentence; undefined: it is as it was. Never rejects */
  async putBack(): Promise<string | undefined> {
    const { former } = this;
    if (former === undefined) return undefined;
    try {
      await this.tell(former);
      this.changed = false;
      return undefined;
    } catch (error) {
      return this.notPutBack(error instanceof Error ? error.message : String(error));
    }
  }

  notPutBack(words: string): string {
    return notPutBack(this.parts.domain, this.parts.name, this.former ?? 0, words);
  }
}

/** That everybody may set, and that says when the guest stops: who has set it last is to be known. */
export class DowntimeSetting extends DomainSetting {
  /** As far as it is known. */
  private inForceMs: number | undefined;
  private begun = 0;
  private done = 0;

  /** @param inForceMs when it begins; undefined where libvirt did not tell */
  constructor(parts: DomainSettingParts, inForceMs: number | undefined) {
    super(parts);
    this.inForceMs = inForceMs;
  }

  protected override async tell(limitMs: number): Promise<Effect> {
    this.inForceMs = undefined;
    this.begun += 1;
    try {
      const effect = await super.tell(limitMs);
      this.inForceMs = limitMs;
      return effect;
    } finally {
      this.done += 1;
    }
  }

  /**
   * Whoever set it last, it is his that is to be there in the end.
   * @param look asks for the limit in force; undefined: it is not told
   * @returns the limit that somebody else has set, undefined where nobody has
   */
  async notice(look: () => Promise<number | undefined>): Promise<number | undefined> {
    const { begun } = this;
    // While one of ours is on its way nothing is known.
    if (begun !== this.done) return undefined;
    const limitMs = await look();
    if (limitMs === undefined || begun !== this.begun) return undefined;
    const before = this.inForceMs;
    this.inForceMs = limitMs;
    if (before === undefined || before === limitMs) return undefined;
    this.former = limitMs;
    this.changed = false;
    return limitMs;
  }
}

/** Chosen by whoever began the migration; what it was is asked for before it is changed. */
export class SpeedSetting extends DomainSetting {
  private readonly ask: () => Promise<number>;
  private readonly remember: ((former: FormerSettings) => Promise<void>) | undefined;

  /** @param ask for the speed that libvirt keeps, in MiB/s @throws {Error} where it does not tell */
  constructor(
    parts: DomainSettingParts,
    ask: () => Promise<number>,
    remember: ((former: FormerSettings) => Promise<void>) | undefined,
  ) {
    super(parts);
    this.ask = ask;
    this.remember = remember;
  }

  override async set(mebibytes: number): Promise<Effect> {
    if (this.former === undefined) {
      const former = await this.ask();
      await this.remember?.({ side: 'source', parameters: { speedMebibytes: former }, capabilities: {} });
      this.former ??= former;
    }
    return await super.set(mebibytes);
  }
}

/** For good. @param source what the source says now, and whether a job of ours lasts there */
export async function putBackAll(
  settings: readonly DomainSetting[],
  { state, standsStill, jobLasts }: SideLook,
): Promise<readonly Restored[]> {
  for (const each of settings) each.close();
  if (!settings.some(({ isKnown }) => isKnown)) return [];
  const owed = settings.filter(({ isOwed }) => isOwed);
  // What was not changed, or what another has set since, is as it is to be: it is owed no more.
  if (owed.length === 0) return [{ side: 'source', problem: undefined }];
  // Its QEMU is there no more, and with it what was set. One that handed over and stands still is left there.
  if (state === 'gone' || (state === 'handed-over' && !standsStill)) return [];
  const problems: string[] = [];
  for (const each of owed) {
    // Its last step is to set again what it had found set, which was ours.
    const words = jobLasts
      ? each.notPutBack('libvirt has not ended the migration yet')
      : await each.putBack();
    if (words !== undefined) problems.push(words);
  }
  return [{ side: 'source', problem: problems.length === 0 ? undefined : problems.join('; ') }];
}

export function notPutBack(
  { uri, uuid, name }: DomainSettingParts['domain'],
  setting: SettingName,
  value: number,
  words: string,
): string {
  const { command, what, unit } = SETTINGS[setting];
  return (
    `the ${what} of ${name} could not be put back to ${value} ${unit} (${words}): ` +
    `\`virsh --connect ${uri} ${command} ${uuid} ${value}\` does it`
  );
}

/** As virsh takes it. */
interface ToPutBack {
  readonly name: SettingName;
  readonly value: number;
  readonly command: string;
  readonly option: string;
}

/** @returns what is to be put back of that side */
export function toPutBack(former: FormerSettings): readonly ToPutBack[] {
  return (Object.keys(SETTINGS) as SettingName[]).flatMap((name) => {
    const value = formerValue([former], name);
    const { command, option } = SETTINGS[name];
    return value === undefined ? [] : [{ name, value, command, option: `${option}=${value}` }];
  });
}

/** What a controller before us found. */
export function formerValue(
  former: readonly FormerSettings[] | undefined,
  name: SettingName,
): number | undefined {
  const value = former?.find(
    ({ side, parameters }) => side === 'source' && typeof parameters[name] === 'number',
  )?.parameters[name];
  return typeof value === 'number' ? value : undefined;
}
