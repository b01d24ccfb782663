/** The entries of a journal as the OpenAPI document describes them: made from the schemas by which they are read. */
import { z } from '@hono/zod-openapi';
import { HAPPENING_SCHEMAS, STAMP_SCHEMA } from '../journal/entry-schema.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';

/** On the wire a figure that is not known is null. */
export const journalEntrySchema = z
  .custom<JournalEntry>()
  .openapi('JournalEntry', entryAsWritten() as object);

function entryAsWritten() {
  const { $schema, ...stamp } = jsonSchemaOf(STAMP_SCHEMA);
  const kinds = Object.values(HAPPENING_SCHEMAS).map((schema) => {
    const { $schema: dialect, ...kind } = jsonSchemaOf(schema);
    return { title: titleOf(kind), ...kind };
  });
  return {
    type: 'object',
    description:
      'one entry of a journal; fields and kinds are only ever added, and `schema` rises when an older reader could misread it',
    allOf: [stamp, { oneOf: kinds }],
  };
}

function jsonSchemaOf(schema: z.ZodType) {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // That other keys may be there is said by leaving it out; said aloud, it spoils the types that are made from it.
      if (jsonSchema.properties) delete jsonSchema.additionalProperties;
    },
  });
}

/** Its `type`. */
function titleOf({ properties }: ReturnType<typeof jsonSchemaOf>): string {
  const type = properties?.['type'];
  return typeof type === 'object' && typeof type.const === 'string' ? type.const : '';
}
