/** docs/api.md, from the OpenAPI document. */
import type { OpenApiDocument } from '../../src/service/testing/openapi-check.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly title?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly example?: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
  readonly description?: string;
}

interface Content {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description?: string }>>;
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Pick<Content, 'content'> & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content>>;
}

interface Described {
  readonly info: { readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const HEAD = `<!-- Made from the OpenAPI document by \`./dev api\`: change src/service, not this page. -->

# The HTTP API

`;

/** Of each: what may always come is told once. */
const ALWAYS = ['401', '421', '500', '503'];

export function apiPage(document: OpenApiDocument): string {
  const { info, tags, paths, components } = document as unknown as Described;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const always = operations[0]?.operation.responses ?? {};
  const sections = [
    info.description,
    'How to reach it, who may do what, and a client for programs are in [service.md](service.md). A service tells all of this itself, at `/openapi.json`.',
    `Beside what is named below, every place may answer ${ALWAYS.map((status) => `${status} (${always[status]?.description})`).join(', ')}.`,
    ...tags.flatMap(({ name, description }) => [
      `## ${titled(name)}`,
      `${titled(description)}.`,
      ...operations
        .filter(({ operation }) => operation.tags[0] === name)
        .flatMap(({ path, method, operation }) => operationLines(path, method, operation)),
    ]),
    '## Schemas',
    ...Object.entries(components.schemas).flatMap(([name, schema]) => schemaLines(name, schema)),
  ];
  return `${HEAD}${sections.join('\n\n')}\n`;
}

function operationLines(path: string, method: string, operation: Operation): string[] {
  const { summary, operationId, parameters = [], requestBody, responses } = operation;
  const sent = Object.values(requestBody?.content ?? {}).map(({ schema }) => typeOf(schema));
  const answers = Object.entries(responses)
    .filter(([status]) => !ALWAYS.includes(status) || path === '/readyz')
    .map(([status, answer]) => `| ${status} | ${answerWords(answer)} |`);
  return [
    `### ${method.toUpperCase()} ${path}`,
    `${titled(summary)} (\`${operationId}\`).`,
    ...(parameters.length === 0 ? [] : [rows('| parameter | in | type | |', parameters.map(parameterRow))]),
    ...(sent.length === 0
      ? []
      : [`Takes ${sent.join(' or ')}${requestBody?.required ? '' : ', or nothing'}.`]),
    rows('| status | what |', answers),
  ];
}

function parameterRow({ name, in: where, required, schema, description }: Parameter): string {
  const words = [description ?? schema.description ?? '', ...(required ? [] : ['may be left out'])];
  return `| \`${name}\` | ${where} | ${typeOf(schema)} | ${words.filter((each) => each !== '').join('; ')} |`;
}

function answerWords({ description, content, headers = {} }: Content): string {
  const bodies = Object.entries(content).map(([type, { schema }]) =>
    type.endsWith('json') ? typeOf(schema) : `\`${type}\``,
  );
  const named = Object.keys(headers).map((name) => `\`${name}\``);
  return `${description}: ${bodies.join(', ')}${named.length === 0 ? '' : `, with ${named.join(', ')}`}`;
}

function schemaLines(name: string, schema: Schema): string[] {
  const example =
    schema.example === undefined ? [] : [`\`\`\`json\n${JSON.stringify(schema.example, null, 2)}\n\`\`\``];
  const description = schema.description === undefined ? [] : [`${titled(schema.description)}.`];
  const parts = [schema, ...(schema.allOf ?? [])];
  const tables = parts.flatMap(({ properties, required = [] }) =>
    properties ? [rows('| field | type | |', fieldRows(properties, required))] : [],
  );
  const kinds = parts.flatMap(({ oneOf = [] }) => oneOf).map((kind) => kindRow(kind));
  return [
    `### ${name}`,
    ...description,
    ...tables,
    ...(kinds.length === 0 ? [] : [rows('| type | fields of its own |', kinds)]),
    ...example,
  ];
}

/** Fields of fields stand below theirs. */
function fieldRows(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  above = '',
): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const words = [
      ...(schema.description === undefined ? [] : [schema.description]),
      ...(required.includes(name) ? [] : ['may be left out']),
    ];
    const place = `${above}${name}`;
    const inner = schema.items ?? schema;
    const below = inner.properties
      ? fieldRows(inner.properties, inner.required ?? [], `${place}${schema.items ? '[]' : ''}.`)
      : [];
    return [`| \`${place}\` | ${typeOf(schema)} | ${words.join('; ')} |`, ...below];
  });
}

function kindRow({ title, properties = {} }: Schema): string {
  const fields = Object.keys(properties).filter((name) => name !== 'type');
  return `| \`${title}\` | ${fields.map((name) => `\`${name}\``).join(', ')} |`;
}

/** In words: `string`, `number or null`, a link to a schema, its values. */
function typeOf({ $ref, type, enum: values, items, anyOf, oneOf, allOf, ...rest }: Schema): string {
  if ($ref !== undefined) {
    const name = $ref.replace('#/components/schemas/', '');
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (rest.const !== undefined) return `\`${String(rest.const)}\``;
  const several = anyOf ?? oneOf ?? allOf;
  if (several) return several.map(typeOf).join(allOf ? ' and ' : ' or ');
  const types = [type ?? []].flat();
  const words = types.map((each) => (each === 'array' && items ? `list of ${typeOf(items)}` : each));
  return words.length === 0 ? 'anything' : words.join(' or ');
}

function rows(head: string, lines: readonly string[]): string {
  const columns = head.split('|').length - 2;
  return [head, `|${' --- |'.repeat(columns)}`, ...lines].join('\n');
}

function titled(words: string): string {
  return `${words[0]?.toUpperCase() ?? ''}${words.slice(1)}`;
}
