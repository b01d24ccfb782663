/**
 * For `node --import`: writes the modules that were loaded, one URL a line, into $SWITCHOVER_TEST_MODULES, and has none
 * of those installed whose names $SWITCHOVER_TEST_MISSING lists.
 */
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const missing = process.env.SWITCHOVER_TEST_MISSING?.split(' ') ?? [];
const loaded = [];
registerHooks({
  resolve(specifier, context, next) {
    if (!missing.includes(specifier)) return next(specifier, context);
    const error = new Error(`Cannot find package '${specifier}' imported from ${context.parentURL}`);
    throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
  },
  load(url, context, next) {
    if (url.startsWith('file:')) loaded.push(url);
    return next(url, context);
  },
});
const file = process.env.SWITCHOVER_TEST_MODULES;
if (file) process.on('exit', () => writeFileSync(file, loaded.join('\n')));
