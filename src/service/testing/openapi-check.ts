/** Holds what the app really answers against its own OpenAPI document. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Described {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Described>> }>>>
  >;
}

const JSON_TYPES = ['application/json', 'application/problem+json'];

export class OpenApiCheck {
  private readonly document: OpenApiDocument;
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.document = document;
    this.ajv.addSchema({ ...document, $id: 'openapi' });
  }

  /** What is not as the document says, a sentence each; none for a place or a method that is not in it. */
  async findings(method: string, place: string, answer: Response): Promise<string[]> {
    const found = this.pathOf(new URL(place, 'http://localhost').pathname);
    const operation = found && this.document.paths[found]?.[method.toLowerCase()];
    if (!found || !operation) return [];
    const where = `${method} ${found}, ${answer.status}`;
    const described = operation.responses[answer.status];
    if (!described) return [`${where}: the document has no such answer`];
    const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
    if (!(type in described.content)) return [`${where}: the document has no ${type}`];
    const missing = Object.keys(described.headers ?? {}).filter((name) => !answer.headers.has(name));
    const problems = missing.map((name) => `${where}: the header ${name} is missing`);
    if (!JSON_TYPES.includes(type)) return problems;
    const pointer = ['paths', found, method.toLowerCase(), 'responses', answer.status, 'content', type];
    const validate = this.validatorAt([...pointer, 'schema'].map((key) => escaped(String(key))).join('/'));
    if (validate(await answer.clone().json())) return problems;
    const words = this.ajv.errorsText(validate.errors, { dataVar: '' });
    return [...problems, `${where}: ${words}`];
  }

  private validatorAt(pointer: string): ValidateFunction {
    const known = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: `openapi#/${pointer}` });
    this.compiled.set(pointer, known);
    return known;
  }

  private pathOf(pathname: string): string | undefined {
    const asked = pathname.split('/');
    return Object.keys(this.document.paths).find((path) => {
      const parts = path.split('/');
      return (
        parts.length === asked.length && parts.every((part, at) => part.startsWith('{') || part === asked[at])
      );
    });
  }
}

/** For a JSON pointer in a URI. */
function escaped(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}
