/** The frame of every screen: where one is, whether the figures are live, and who looks. */
import { useEffect, useRef } from 'preact/hooks';
import { hrefOf } from './model/route.ts';
import { LinkBanner, LinkState } from './parts/link-state.tsx';
import { TokenDialog } from './parts/token-dialog.tsx';
import { AuditScreen } from './screens/audit-screen.tsx';
import { DrainScreen } from './screens/drain-screen.tsx';
import { DrainsScreen } from './screens/drains-screen.tsx';
import { HistoryScreen } from './screens/history-screen.tsx';
import { HostsScreen } from './screens/hosts-screen.tsx';
import { MigrationScreen } from './screens/migration-screen.tsx';
import { RunningScreen } from './screens/running-screen.tsx';
import { StartDrainScreen } from './screens/start-drain-screen.tsx';
import { StartScreen } from './screens/start-screen.tsx';
import { fleet, fleetCounts, link, mayOperate, offerToken, route, session } from './store.ts';

export function App() {
  const main = useRef<HTMLElement>(null);
  const shown = route.value;
  const place = 'id' in shown ? shown.id : shown.screen;
  useEffect(() => {
    document.title = titleOf();
  });
  // Someone who hears the page is taken to the new screen, and not left on a link that may be gone.
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current?.querySelector('h1')?.focus();
    first.current = false;
    scrollTo(0, 0);
  }, [place]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/">
          <Mark />
          switchover
        </a>
        <nav aria-label="Screens">
          <NavLink
            href="#/"
            current={shown.screen === 'running'}
            words="Running"
            count={fleetCounts.value.running}
          />
          <NavLink href="#/hosts" current={shown.screen === 'hosts'} words="Hosts" />
          <NavLink
            href="#/drains"
            current={['drains', 'drain', 'start-drain'].includes(shown.screen)}
            words="Drains"
          />
          <NavLink href="#/history" current={shown.screen === 'history'} words="History" />
          {mayOperate.value && <NavLink href="#/start" current={shown.screen === 'start'} words="Start" />}
          {session.value?.role === 'admin' && (
            <NavLink href="#/audit" current={shown.screen === 'audit'} words="Audit" />
          )}
        </nav>
        <div class="who">
          {session.value?.demo && <span class="demo">simulated</span>}
          <LinkState />
          {session.value && (
            <span class="version">
              {session.value.name}, {session.value.role} <span class="dim">· {session.value.version}</span>
            </span>
          )}
          {session.value?.role === 'view' && (
            <button type="button" onClick={offerToken}>
              Use a token…
            </button>
          )}
        </div>
      </header>
      <LinkBanner />
      <main id="main" ref={main} tabIndex={-1} class={link.value.state === 'lost' ? 'stale' : ''}>
        <Screen />
      </main>
      <TokenDialog />
    </>
  );
}

function Screen() {
  const shown = route.value;
  // Nothing is asked for before the service let us in.
  if (session.value === undefined)
    return (
      <h1 tabIndex={-1} class="waiting">
        Connecting…
      </h1>
    );
  switch (shown.screen) {
    case 'running':
      return <RunningScreen />;
    case 'migration':
      return <MigrationScreen key={shown.id} id={shown.id} />;
    case 'history':
      return <HistoryScreen key={hrefOf(shown)} q={shown.q} outcome={shown.outcome} code={shown.code} />;
    case 'hosts':
      return <HostsScreen />;
    case 'start':
      return <StartScreen key={hrefOf(shown)} vm={shown.vm} connect={shown.connect} />;
    case 'drains':
      return <DrainsScreen />;
    case 'drain':
      return <DrainScreen key={shown.id} id={shown.id} />;
    case 'start-drain':
      return <StartDrainScreen key={shown.host} host={shown.host} />;
    case 'audit':
      return <AuditScreen key={shown.q} q={shown.q} />;
    case 'unknown':
      return (
        <section class="empty">
          <h1 tabIndex={-1}>There is no such screen</h1>
          <p>
            Nothing is at {shown.hash}. <a href="#/">What is running</a> is the first screen.
          </p>
        </section>
      );
  }
}

function NavLink({
  href,
  current,
  words,
  count,
}: {
  href: string;
  current: boolean;
  words: string;
  count?: number;
}) {
  return (
    <a href={href} aria-current={current ? 'page' : undefined}>
      {words}
      {count !== undefined && <span class="count">{count}</span>}
    </a>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true" class="mark">
      <path d="M1.5 5h13M11 1.5 14.5 5 11 8.5M1.5 11.5h4M8 11.5h1.5M12.5 11.5h2" />
    </svg>
  );
}

/** A tab in the background tells of what asks for a person. */
function titleOf(): string {
  const { running, person } = fleetCounts.value;
  const shown = route.value;
  const place = {
    running: `${running} running`,
    hosts: 'Hosts',
    history: 'History',
    audit: 'Audit',
    start: 'Start',
    drains: 'Drains',
    drain: 'Drain',
    'start-drain': 'Drain a host',
    unknown: 'Not found',
    migration: shown.screen === 'migration' ? (fleet.value.get(shown.id)?.vm ?? shown.id) : '',
  }[shown.screen];
  return `${person > 0 ? `(${person}!) ` : ''}${place} · switchover`;
}
