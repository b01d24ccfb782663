/** The types of the client, from the OpenAPI document. */
import { registerHooks } from 'node:module';
import type { OpenApiDocument } from '../../src/service/testing/openapi-check.ts';

const HEAD = `/** Made from the OpenAPI document of the service: \`./dev api\` makes it anew. */\n`;

// openapi-typescript prints by the compiler's own classes, which TypeScript 7 does not have any more.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'typescript' ? '@ts-morph/common/dist/typescript.js' : specifier, context),
});

export async function apiTypes(document: OpenApiDocument): Promise<string> {
  const { default: generate, astToString } = await import('openapi-typescript');
  const options = { rootTypes: true, rootTypesNoSchemaPrefix: true, defaultNonNullable: false };
  return HEAD + astToString(await generate(JSON.stringify(document), options));
}
