/** Which screen is shown, as the part of the address behind `#`: it can be kept, sent and gone back to. */

export interface HistorySearch {
  readonly q: string;
  /** Empty: any. */
  readonly outcome: string;
  /** Of a reason; empty: any. */
  readonly code: string;
}

/** What the form begins with; empty: nothing. */
export interface StartOf {
  readonly vm: string;
  readonly connect: string;
}

export type Route =
  | { readonly screen: 'running' }
  | { readonly screen: 'migration'; readonly id: string }
  | ({ readonly screen: 'history' } & HistorySearch)
  | { readonly screen: 'hosts' }
  | ({ readonly screen: 'start' } & StartOf)
  | { readonly screen: 'drains' }
  | { readonly screen: 'drain'; readonly id: string }
  | { readonly screen: 'start-drain'; readonly host: string }
  | { readonly screen: 'audit'; readonly q: string }
  | { readonly screen: 'unknown'; readonly hash: string };

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [first = '', second, ...more] = path.split('/');
  if (more.length > 0) return { screen: 'unknown', hash };
  if (first === 'migrations' && second) return { screen: 'migration', id: decoded(second) };
  if (first === 'drains' && second) return { screen: 'drain', id: decoded(second) };
  if (second !== undefined) return { screen: 'unknown', hash };
  if (first === '') return { screen: 'running' };
  const asked = new URLSearchParams(query);
  const given = (name: string) => asked.get(name) ?? '';
  switch (first) {
    case 'hosts':
      return { screen: 'hosts' };
    case 'start':
      return { screen: 'start', vm: given('vm'), connect: given('connect') };
    case 'drains':
      return { screen: 'drains' };
    case 'start-drain':
      return { screen: 'start-drain', host: given('host') };
    case 'audit':
      return { screen: 'audit', q: given('q') };
    case 'history':
      return { screen: 'history', q: given('q'), outcome: given('outcome'), code: given('code') };
    default:
      return { screen: 'unknown', hash };
  }
}

export function hrefOf(route: Exclude<Route, { screen: 'unknown' }>): string {
  switch (route.screen) {
    case 'running':
      return '#/';
    case 'migration':
      return `#/migrations/${encodeURIComponent(route.id)}`;
    case 'hosts':
      return '#/hosts';
    case 'start':
      return withQuery('#/start', { vm: route.vm, connect: route.connect });
    case 'drains':
      return '#/drains';
    case 'drain':
      return `#/drains/${encodeURIComponent(route.id)}`;
    case 'start-drain':
      return withQuery('#/start-drain', { host: route.host });
    case 'audit':
      return withQuery('#/audit', { q: route.q });
    case 'history':
      return withQuery('#/history', { q: route.q, outcome: route.outcome, code: route.code });
  }
}

/** What is empty is left out. */
function withQuery(path: string, given: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ''));
  return query.size === 0 ? path : `${path}?${query}`;
}

/** A hand may have written it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
