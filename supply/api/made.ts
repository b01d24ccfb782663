/** What is made from the OpenAPI document and kept in the repository. */
import path from 'node:path';
import { ServiceBed } from '../../src/service/testing/service-bed.ts';
import { ROOT } from '../npm.ts';
import { apiPage } from './page.ts';
import { apiTypes } from './types.ts';

/** By file. */
export async function madeFromApi(): Promise<Readonly<Record<string, string>>> {
  await using bed = new ServiceBed();
  const document = await bed.openApiDocument();
  return {
    [path.join(ROOT, 'src', 'client', 'generated', 'api.ts')]: await apiTypes(document),
    [path.join(ROOT, 'docs', 'api.md')]: apiPage(document),
  };
}
