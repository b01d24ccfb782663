/**
 * How long before its move a VM's guest is told of it: in the domain's metadata, or a `[[domain]]` entry. It stands apart from
 * the settings of migrations, because drains alone go by it.
 */
import { formatDuration, parseDurationMs, UnitError } from '../model/units.ts';
import { type Config, type Domain, type DomainEntry, entryFits } from './config.ts';
import { heededMetadata } from './heeded.ts';

export const NOTICE = 'notice';

/** A slot of the drain is taken meanwhile, and whoever writes the metadata may not hold a drain up for hours. */
const LONGEST_NOTICE_MS = 600_000;

/** Of a `[[domain]]` entry. */
export interface NoticeEntry extends Pick<DomainEntry, 'names' | 'class'> {
  readonly noticeMs: number;
  /** In words, like `[[domain]] 2 (name db-*)`. */
  readonly from: string;
}

/** @returns milliseconds; 0: its guest is not told @throws {UnitError} */
export function parseNoticeMs(text: string): number {
  const ms = text.trim() === '0' ? 0 : parseDurationMs(text);
  if (ms !== 0 && (ms < 1000 || ms > LONGEST_NOTICE_MS))
    throw new UnitError(`${formatDuration(ms)} is not from 1 s to 10 min; 0 is no notice`);
  return ms;
}

interface Noticed {
  /** 0: its guest is not told. */
  readonly noticeMs: number;
  /** The place that says so. */
  readonly from: string;
  /** What its metadata says of it and is no notice, as sentences that name the domain. */
  readonly problems: readonly string[];
}

/**
 * What its metadata says of it, as far as that is heeded, before the last entry that fits.
 * @param domain undefined for a guest without a libvirt name: nothing says anything of it
 */
export function noticeOf(config: Config, domain: Domain | undefined): Noticed {
  if (!domain) return { ...NOBODY_SAYS, problems: [] };
  const { attributes } = heededMetadata(config, domain);
  const { notices = [] } = config.drain;
  const { noticeMs, from } =
    notices.findLast((entry) => entryFits({ ...entry, stated: {} }, domain.name, attributes['class'])) ??
    NOBODY_SAYS;
  const own = attributes[NOTICE];
  if (own === undefined) return { noticeMs, from, problems: [] };
  try {
    return { noticeMs: parseNoticeMs(own), from: "the domain's metadata", problems: [] };
  } catch (error) {
    if (!(error instanceof UnitError)) throw error;
    const problem = `domain ${domain.name}: ${NOTICE} in its metadata: ${error.message}`;
    return { noticeMs, from, problems: [problem] };
  }
}

const NOBODY_SAYS = { noticeMs: 0, from: 'built in' };
