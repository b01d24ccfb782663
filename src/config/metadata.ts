/** A domain's own settings: attributes of one element in its libvirt metadata. */
import type { Domain } from './config.ts';
import { issuesOf } from './issues.ts';
import type { Stated } from './settings.ts';
import { METADATA_KEYS, metadataSchema } from './settings-schema.ts';

export interface Metadata {
  readonly class: string | undefined;
  readonly stated: Stated;
  readonly problems: readonly string[];
}

/** Each attribute is taken by itself, so that a bad one leaves the others in force. */
export function readMetadata({ name, metadata = {} }: Domain): Metadata {
  let read: Metadata = { class: undefined, stated: {}, problems: [] };
  for (const [attribute, text] of Object.entries(metadata)) {
    const parsed = metadataSchema.safeParse({ [attribute]: text });
    if (parsed.success)
      read = {
        class: parsed.data.class ?? read.class,
        stated: { ...read.stated, ...parsed.data.stated },
        problems: read.problems,
      };
    else {
      const problems = issuesOf(parsed.error, () => METADATA_KEYS).map(
        ({ sentence }) => `domain ${name}: ${attribute} in its metadata: ${sentence}`,
      );
      read = { ...read, problems: [...read.problems, ...problems] };
    }
  }
  return read;
}
