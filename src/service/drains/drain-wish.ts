/** What a request for a drain means: checked against what it may name, with what the configuration says of drains. */
import type { Config } from '../../config/config.ts';
import { definedOnly } from '../../config/defined-only.ts';
import { settingsOver } from '../../config/settings-over.ts';
import { calmProblem, type DrainSettings, mannerOf } from '../../fleet/drain-settings.ts';
import { hooksOf, stagesOf } from '../../fleet/hooks.ts';
import { isQemuSocket } from '../../hypervisor/vm-address.ts';
import { notUnderstood, statedBy, trusted } from '../asked.ts';
import type { DrainPlanRequest, DrainRequest } from './drain-requests.ts';

/** Of what only a drain that is begun may be told, the plan knows nothing. */
type Wish = DrainPlanRequest & Pick<DrainRequest, 'abortRunning' | 'returns'>;

/** @param known hosts that the service was told of by whoever runs it: they need not be checked @throws {Problem} */
export function drainSettingsOf(request: Wish, config: Config, known: readonly string[]): DrainSettings {
  const { host, to, apart = [], abortRunning, returns } = request;
  const uris = to.map((each) => each.host);
  for (const uri of [host, ...uris]) if (!known.includes(uri)) assertHost(uri);
  if (uris.includes(host))
    throw notUnderstood(`${host} is to be emptied, so it is no destination: leave it out of \`to\``);
  if (new Set(uris).size < uris.length) throw notUnderstood('`to` names a host twice');
  const stated = statedBy(request);
  const { contradiction } = settingsOver(config, undefined, { from: 'the request', stated });
  if (contradiction) throw notUnderstood(contradiction.sentence);
  const manner = mannerOf(request, config);
  const hasDeadline = request.deadline !== undefined || request.withinMs !== undefined;
  const problem = calmProblem(request, manner, hasDeadline);
  if (problem !== undefined) throw notUnderstood(problem);
  return {
    to: to.map((each) => ({
      uri: each.host,
      ...(each.migrateUri === undefined ? {} : { migrateUri: each.migrateUri }),
    })),
    ...manner,
    ...definedOnly({ abortRunning, returns }),
    apart,
    force: false,
    // The configuration alone names programs: a request cannot.
    hooks: stagesOf(hooksOf(config.drain)),
    stated: { ...stated },
  };
}

/** @throws {Problem} where it is no libvirt host, or a URI that is not taken from a request */
export function assertHost(uri: string): void {
  if (isQemuSocket(uri))
    throw notUnderstood(
      `${uri} is the monitor of a QEMU: a drain is of a libvirt host, like qemu+ssh://root@host1/system`,
    );
  if (!/^[a-z][\w+.-]*:\/\/\S*$/i.test(uri) || uri.includes('#'))
    throw notUnderstood(`"${uri}" is no libvirt URI: write it like qemu+ssh://root@host2/system`);
  // The VM's name has no part in it.
  trusted(uri, 'vm');
}

/** @returns how many milliseconds are left, whenever it is asked; undefined: there is none @throws {Problem} where it has passed */
export function deadlineOf({ deadline, withinMs }: DrainPlanRequest): () => number | undefined {
  if (deadline === undefined) return () => withinMs;
  const atMs = Date.parse(deadline);
  if (atMs <= Date.now())
    throw notUnderstood(`the deadline ${deadline} has passed: name one that is to come`);
  return () => atMs - Date.now();
}
