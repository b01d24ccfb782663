/** Which screen is shown, as the part of the address behind `#`: it can be kept, sent and gone back to. */

export interface HistorySearch {
  readonly q: string;
  /** Empty: any. */
  readonly outcome: string;
}

export type Route =
  | { readonly screen: 'running' }
  | { readonly screen: 'migration'; readonly id: string }
  | ({ readonly screen: 'history' } & HistorySearch)
  | { readonly screen: 'start' }
  | { readonly screen: 'unknown'; readonly hash: string };

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [first = '', second, ...more] = path.split('/');
  if (more.length > 0) return { screen: 'unknown', hash };
  if (first === 'migrations' && second) return { screen: 'migration', id: decoded(second) };
  if (second !== undefined) return { screen: 'unknown', hash };
  if (first === '') return { screen: 'running' };
  if (first === 'start') return { screen: 'start' };
  if (first !== 'history') return { screen: 'unknown', hash };
  const given = new URLSearchParams(query);
  return { screen: 'history', q: given.get('q') ?? '', outcome: given.get('outcome') ?? '' };
}

export function hrefOf(route: Exclude<Route, { screen: 'unknown' }>): string {
  switch (route.screen) {
    case 'running':
      return '#/';
    case 'migration':
      return `#/migrations/${encodeURIComponent(route.id)}`;
    case 'start':
      return '#/start';
    case 'history': {
      const query = new URLSearchParams();
      if (route.q !== '') query.set('q', route.q);
      if (route.outcome !== '') query.set('outcome', route.outcome);
      return query.size === 0 ? '#/history' : `#/history?${query}`;
    }
  }
}

/** A hand may have written it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
