/** A migration under TLS between two simulated QEMUs: what is set for it, what forbids it, and what is left afterwards. */
import { describe, expect, test } from 'vitest';
import { type FormerSettings, NotBegunError, RefusedError, type StartOptions } from '../../hypervisor.ts';
import type { PairInput } from '../../simulated/protocol/simulated-pair.ts';
import { OPTIONS } from '../../simulated/testing/drive.ts';
import { CERTIFICATES, FOLDER, TLS } from '../../simulated/testing/encrypted.ts';
import { CALM_GUEST } from '../../simulated/testing/small-guest.ts';
import { IN_THE_CLEAR, type StreamTls } from '../../stream-tls.ts';
import { pairBed } from '../testing/pair-bed.ts';

const OURS = /^switchover-tls-[0-9a-f]{8}$/;

function tlsBed(input: Partial<PairInput> = {}) {
  const bed = pairBed([], { scenario: CALM_GUEST, certificates: CERTIFICATES, ...input });
  const sides = [bed.pair.source, bed.pair.destination] as const;
  return {
    ...bed,
    objects: () => sides.map(({ objects }) => objects.ids),
    creds: () => sides.map(({ settings }) => settings.text('tls-creds')),
    check: async (tls: StreamTls | undefined) =>
      await bed.clock.until(bed.pair.hypervisor().check(bed.pair.vm, bed.pair.target, { ...OPTIONS, tls })),
    begin: async (tls: StreamTls, more: Partial<StartOptions> = {}) => await bed.start({ tls, ...more }),
  };
}

const NOTHING_LEFT = [[], []];

describe('a migration under TLS', () => {
  test('has certificates of its own at both ends, told before, and nothing of it is left at the end', async () => {
    const { begin, objects, creds, follow, settings, clock, pair } = tlsBed();
    const before = settings();
    const told: FormerSettings[] = [];
    const remember = async (former: FormerSettings): Promise<void> => {
      // What is told is not made or changed yet.
      const side = pair[former.side];
      for (const id of former.made ?? []) expect(side.objects.ids).not.toContain(id);
      if ('tls-creds' in former.parameters) expect(side.settings.text('tls-creds')).toBe('');
      told.push(former);
    };
    const migration = await begin(TLS, { remember });
    const [id = ''] = creds();
    expect(id).toMatch(OURS);
    expect(creds()).toEqual([id, id]);
    expect(objects()).toEqual([[id], [id]]);
    expect(pair.source.objects.property(`/objects/${id}`, 'endpoint')).toBe('client');
    expect(pair.destination.objects.property(`/objects/${id}`, 'endpoint')).toBe('server');
    expect(pair.destination.objects.property(`/objects/${id}`, 'verify-peer')).toBe(true);
    expect(told.filter(({ made }) => made).map(({ side, made }) => [side, made])).toEqual([
      ['destination', [id]],
      ['source', [id]],
    ]);
    expect(told.map(({ parameters }) => parameters['tls-creds'])).toEqual([undefined, undefined, '', '']);
    expect(migration.encrypted).toBe(true);
    const { end } = await follow(migration);
    expect(end.result).toBe('completed');
    expect((await clock.until(migration.putBack())).flatMap(({ problem }) => problem ?? [])).toEqual([]);
    expect(objects()).toEqual(NOTHING_LEFT);
    expect(settings()).toEqual(before);
  });

  test('lets in whom it is told, by a list that goes with the rest', async () => {
    const { begin, objects, pair, follow, clock } = tlsBed();
    const names = ['O=Example,CN=host3', 'O=Example,CN=host1'];
    const migration = await begin({ ...TLS, authorization: { kind: 'names', names } });
    const list = pair.destination.settings.text('tls-authz');
    expect(pair.destination.objects.namesOf(list)).toEqual(names);
    expect((await follow(migration)).end.result).toBe('completed');
    await clock.until(migration.putBack());
    expect(objects()).toEqual(NOTHING_LEFT);
  });

  test.each([
    [
      'a certificate of another authority',
      { destination: { [FOLDER]: { authority: 'another', name: '10.77.0.2' } } },
      TLS,
      /known issuer: the destination's certificate is not signed by .*ca-cert\.pem/,
    ],
    [
      'a certificate for another host',
      { destination: { [FOLDER]: { authority: 'the CA', name: 'host9' } } },
      TLS,
      /does not match the hostname 10\.77\.0\.2: .*--tls-hostname/,
    ],
    [
      'a source that is not named',
      {},
      { ...TLS, authorization: { kind: 'names', names: ['CN=host9'] } },
      /reset by peer: the destination did not take the stream: .*--tls-authz/,
    ],
  ] as const)('%s: failed, in words, and the guest runs on the source', async (_, other, tls, words) => {
    const bed = tlsBed({ certificates: { ...CERTIFICATES, ...other } });
    const before = bed.settings();
    const migration = await bed.begin(tls);
    const { end } = await bed.follow(migration);
    expect(end).toMatchObject({ result: 'failed', whereabouts: { source: 'running' } });
    expect(end.error).toMatch(words);
    await bed.clock.until(migration.putBack());
    expect(bed.objects()).toEqual(NOTHING_LEFT);
    expect(bed.settings()).toEqual(before);
  });

  test('a name of the certificate goes before the host of the migrate URI', async () => {
    const named = { destination: { [FOLDER]: { authority: 'the CA', name: 'host2' } } };
    const bed = tlsBed({ certificates: { ...CERTIFICATES, ...named } });
    const migration = await bed.begin({ ...TLS, hostname: 'host2' });
    expect((await bed.follow(migration)).end.result).toBe('completed');
  });
});

describe('certificates that are not there', () => {
  test('are told by the check, at both ends, and nothing is left of the trial', async () => {
    const { check, objects, pair } = tlsBed({ certificates: {} });
    const { findings } = await check(TLS);
    expect(findings.map(({ code }) => code)).toEqual(['bad-credentials', 'bad-credentials']);
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^QEMU at qmp:\/sim\/source\.sock .* No such file .*client-key\.pem.*--tls-dir/),
      expect.stringMatching(/destination\.sock .* No such file .*server-key\.pem.*--tls-destination-dir/),
    ]);
    expect(objects()).toEqual(NOTHING_LEFT);
    expect(pair.heard.filter(({ command }) => command.startsWith('migrate-set'))).toEqual([]);
  });

  test('that are there leave nothing of their trial either, nor of one that was killed', async () => {
    const { check, objects, pair } = tlsBed();
    pair.source.objects.add({ 'qom-type': 'tls-creds-x509', id: 'switchover-tls-trial', dir: FOLDER });
    expect(await check(TLS)).toMatchObject({ findings: [], warnings: [], encrypted: true });
    expect(objects()).toEqual(NOTHING_LEFT);
  });

  test('refuse a start that has touched nothing', async () => {
    const { begin, settings, objects } = tlsBed({ certificates: { source: CERTIFICATES.source } });
    const before = settings();
    await expect(begin(TLS)).rejects.toThrow(RefusedError);
    expect(settings()).toEqual(before);
    expect(objects()).toEqual(NOTHING_LEFT);
  });

  test('that go between the check and the start are refused, with all of it undone', async () => {
    const bed = tlsBed();
    const before = bed.settings();
    // The trial finds them; the object itself does not.
    let added = 0;
    bed.pair.onCommand = ({ side, command, args }) => {
      if (side !== 'source' || command !== 'object-add') return;
      added += 1;
      if (added === 2) (args as Record<string, unknown>)['dir'] = '/gone';
    };
    const refused = await bed.begin(TLS).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'RefusedError', code: 'bad-credentials' });
    expect(bed.objects()).toEqual(NOTHING_LEFT);
    expect(bed.settings()).toEqual(before);
  });

  test('a journal that takes no more keeps them from being made', async () => {
    const { begin, objects } = tlsBed();
    const remember = async (): Promise<void> => {
      throw new NotBegunError('the disk is full');
    };
    await expect(begin(TLS, { remember })).rejects.toThrow('the disk is full');
    expect(objects()).toEqual(NOTHING_LEFT);
  });
});

describe('objects that are there already', () => {
  const named = (id: string): StreamTls => ({ ...TLS, credentials: { kind: 'named', id } });
  const creds = (endpoint: string, more = {}) => ({
    ...{ 'qom-type': 'tls-creds-x509', id: 'tls0', dir: FOLDER, endpoint, 'verify-peer': true },
    ...more,
  });

  test('are used, and stay', async () => {
    const { pair, begin, follow, objects, clock } = tlsBed();
    pair.source.objects.add(creds('client'));
    pair.destination.objects.add(creds('server'));
    const migration = await begin(named('tls0'));
    expect(pair.source.settings.text('tls-creds')).toBe('tls0');
    expect((await follow(migration)).end.result).toBe('completed');
    await clock.until(migration.putBack());
    expect(objects()).toEqual([['tls0'], ['tls0']]);
    expect(pair.source.settings.text('tls-creds')).toBe('');
  });

  test.each([
    ['none', undefined, creds('server'), /^--tls-creds tls0: there is no such object at .*source/],
    ['one of another type', creds('client', { 'qom-type': 'secret' }), creds('server'), /of the type secret/],
    ['one for the other end', creds('client'), creds('client'), /is for a client at .*destination/],
    [
      'one that asks for no certificate',
      creds('client'),
      creds('server', { 'verify-peer': false }),
      /does not verify its peer at .*destination/,
    ],
  ])('%s is refused', async (_, here, there, words) => {
    const { pair, check } = tlsBed();
    if (here) pair.source.objects.add(here);
    pair.destination.objects.add(there);
    const { findings } = await check(named('tls0'));
    expect(findings).toEqual([
      expect.objectContaining({ code: 'bad-credentials', message: expect.stringMatching(words) }),
    ]);
  });

  test('an authorization has to be one', async () => {
    const { pair, check } = tlsBed();
    const tls: StreamTls = { ...TLS, authorization: { kind: 'named', id: 'who' } };
    expect((await check(tls)).findings[0]?.message).toMatch(
      /^--tls-authz who: there is no such object at .*destination/,
    );
    pair.destination.objects.add({ 'qom-type': 'authz-simple', id: 'who', identity: 'O=Example,CN=host1' });
    expect((await check(tls)).findings).toEqual([]);
  });
});

describe('without --tls', () => {
  test('memory that goes to another host is told to be in the clear', async () => {
    const { check, start } = tlsBed();
    expect(await check(undefined)).toMatchObject({ warnings: [IN_THE_CLEAR], encrypted: false });
    expect((await start()).encrypted).toBe(false);
  });

  test('what a run of ours left set does not decide how the next one goes, and is not put back', async () => {
    const { pair, start, creds, check, clock, follow } = tlsBed();
    for (const side of [pair.source, pair.destination])
      side.settings.setParameters({ 'tls-creds': 'switchover-tls-01234567' });
    expect(await check(undefined)).toMatchObject({ findings: [], encrypted: false });
    const migration = await start();
    expect(creds()).toEqual(['', '']);
    await follow(migration);
    await clock.until(migration.putBack());
    expect(creds()).toEqual(['', '']);
  });
});

test('one that takes over puts back what the killed one had set, and removes what it had made', async () => {
  const bed = tlsBed();
  const former: FormerSettings[] = [];
  const killed = await bed.begin(TLS, {
    // It cannot switch over before it is taken over.
    downtimeLimitMs: 1,
    remember: async (each) => void former.push(each),
  });
  await bed.clock.until(bed.clock.sleep(500));
  await bed.clock.until(killed.detach());
  const migration = await bed.attach({
    inherited: { began: true, destinationWaits: true, former, encrypted: true },
  });
  expect(migration.encrypted).toBe(true);
  await bed.clock.until(
    migration.setDowntimeLimit({ pauseMs: 5000, fixedCostMs: 100, lineRateBytesPerSecond: undefined }),
  );
  await bed.follow(migration);
  await bed.clock.until(migration.putBack());
  expect(bed.objects()).toEqual(NOTHING_LEFT);
  expect(bed.creds()).toEqual(['', '']);
});
