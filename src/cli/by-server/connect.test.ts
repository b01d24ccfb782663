import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ServiceError } from '../../client/service-error.ts';
import { UnreachableError } from '../../client/unreachable.ts';
import { serveAt } from '../../service/serve-at.ts';
import { ServiceBed } from '../../service/testing/service-bed.ts';
import { orOwnService, throughServer } from './connect.ts';
import { findAt } from './find.ts';
import { wayError } from './way-error.ts';

let folder: string;
const file = (name: string, content: string) => {
  fs.writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-connect-'));
  return () => {
    vi.unstubAllEnvs();
    fs.rmSync(folder, { recursive: true });
  };
});

const whoever = async () => 'connected';

describe('what is wrong by itself is told before anybody is asked', () => {
  test.each<[string, () => object, RegExp]>([
    ['an address', () => ({ server: 'host1' }), /^--server: "host1" is no address of a service/],
    ['a token', () => ({ tokenFile: file('t', 'two words') }), /^--token-file .* holds no token/],
    ['a file of a token', () => ({ tokenFile: '/nowhere' }), /^--token-file \/nowhere cannot be read/],
    [
      'a certificate',
      () => ({ serverCa: file('c', 'none') }),
      /^--server-ca .*: there is no certificate in it/,
    ],
  ])('%s', async (_, options, words) => {
    const given = { server: 'unix:/nowhere.sock', ...options() };
    await expect(throughServer(given, whoever)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(words),
    });
  });

  test('a token in the environment', async () => {
    vi.stubEnv('SWITCHOVER_TOKEN', 'line\nline');
    await expect(throughServer({ server: 'unix:/a' }, whoever)).rejects.toThrow(
      /^SWITCHOVER_TOKEN holds no token/,
    );
  });
});

test('where no service is named it is the one of this machine', () => {
  expect(orOwnService({ stateDir: '/var/lib/x' }).server).toBe('unix:/var/lib/x/serve.sock');
  expect(orOwnService({ server: 'https://h' }).server).toBe('https://h');
});

test.each<[string, Error, number, string]>([
  ['nobody answers', new UnreachableError('x', false), 3, 'x'],
  ['it was refused', new ServiceError(409, 'no-memory', 'x'), 3, 'refused: x'],
  ['who asks may not', new ServiceError(403, 'not-allowed', 'x'), 3, 'x'],
  ['what was asked is wrong', new ServiceError(422, 'not-understood', 'x'), 2, 'x'],
  ['a mistake of the service', new ServiceError(500, 'unexpected', 'x'), 1, 'x'],
])('%s', (_, error, status, sentence) => {
  expect(wayError(error)).toEqual({ status, sentences: [sentence] });
});

test('anything else is none of it', () => expect(wayError(new Error('x'))).toBeUndefined());

test('a migration is found by a part of its id; a service of another version is told as that', async () => {
  await using bed = new ServiceBed();
  const [first, second] = [await bed.migrated(), await bed.migrated()];
  let version = '9.9.9';
  const listening = await serveAt(
    { kind: 'unix', path: path.join(folder, 's') },
    async (request, arrival) => {
      if (!request.url.endsWith('/v1/session')) return await bed.app.fetch(request, arrival);
      const session = (await (await bed.app.fetch(request, arrival)).json()) as object;
      return Response.json({ ...session, version });
    },
  );
  try {
    await throughServer({ server: `unix:${path.join(folder, 's')}` }, async (client) => {
      expect(await findAt(client, 'last')).toBe(second);
      expect(await findAt(client, first.slice(-4))).toBe(first);
      await expect(findAt(client, first.slice(0, 8))).rejects.toThrow(/fits 2 migrations/);
    });
    const start = async () =>
      await throughServer({ server: `unix:${path.join(folder, 's')}` }, async (client) =>
        client.start({ vm: 'quick', destination: 'there', ...({ newerOption: 1 } as object) }),
      );
    await expect(start()).rejects.toThrow(/newerOption.*; the service is switchover 9\.9\.9 and this is /);
    version = (await import('../../version.ts')).VERSION;
    await expect(start()).rejects.toThrow(/newerOption[^;]*$/);
  } finally {
    await listening.close();
  }
});
