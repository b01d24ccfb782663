/** That a request is meant for this service, and comes from its own page where it comes from one: a page elsewhere, or a name that somebody points at 127.0.0.1, is no way in. */
import { Problem } from './problem.ts';

const OWN_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export class HostCheck {
  private readonly names: ReadonlySet<string>;

  /** @param names beside those of this machine for itself, without a port */
  constructor(names: readonly string[]) {
    this.names = new Set([...OWN_NAMES, ...names].map((name) => name.toLowerCase()));
  }

  /** @throws {Problem} */
  assertMeant(method: string, host: string | undefined, origin: string | undefined): void {
    if (host !== undefined && !this.names.has(withoutPort(host)))
      throw new Problem(
        421,
        'another-host',
        `this service is not called ${host}: start it with --name ${withoutPort(host)} if it is to be`,
      );
    if (origin === undefined || method === 'GET' || method === 'HEAD') return;
    if (
      host === undefined ||
      !['http', 'https'].some((scheme) => origin.toLowerCase() === `${scheme}://${host.toLowerCase()}`)
    )
      throw new Problem(403, 'another-origin', `a page of ${origin} may change nothing here`);
  }
}

function withoutPort(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}
