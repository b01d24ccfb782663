/**
 * The fleet's tables: what is true of drains, moves, limits and leases. A schema of their own, so that who may write them
 * can be told apart. Steps only add: controllers of the version before run on while they are taken.
 */
import type { SchemaPart } from '../postgres/schema.ts';

export const FLEET_TABLES: SchemaPart = {
  name: 'fleet',
  steps: [
    `
create schema fleet;

create table fleet.drain (
  id uuid primary key default gen_random_uuid(),
  host text not null,
  -- What is wanted, apart from what is seen.
  intent text not null default 'go' check (intent in ('go', 'paused', 'cancelled')),
  state text not null default 'draining' check (state in ('waiting', 'draining', 'blocked', 'empty', 'ended')),
  outcome text,
  priority int not null default 0,
  -- Nothing starts before, or after.
  opens timestamptz,
  closes timestamptz,
  deadline timestamptz,
  settings jsonb not null default '{}',
  requested_by text not null,
  reason text,
  revision bigint not null default 1,
  created timestamptz not null default now(),
  ended timestamptz,
  check ((ended is null) = (state <> 'ended'))
);
create unique index drain_of_host on fleet.drain (host) where ended is null;

create table fleet.move (
  id uuid primary key default gen_random_uuid(),
  drain uuid references fleet.drain,
  vm text not null,
  name text not null,
  source text not null,
  destination text,
  cluster text not null default 'default',
  -- The source's. Those of a destination are known once there is one.
  link text not null,
  memory_gib int not null check (memory_gib >= 0),
  -- Has its links alone.
  intensive boolean not null default false,
  -- Others began it.
  is_foreign boolean not null default false,
  priority int not null default 0,
  position int not null default 0,
  state text not null default 'queued' check (state in
    ('queued', 'admitted', 'starting', 'moving', 'unknown', 'held', 'moved', 'left', 'gone', 'cancelled')),
  intent text not null default 'go' check (intent in ('go', 'cancel')),
  code text,
  words text,
  next_try timestamptz not null default now(),
  tries int not null default 0,
  -- Where the last try failed.
  failed_at text,
  created timestamptz not null default now(),
  admitted timestamptz,
  ended timestamptz,
  check ((ended is null) = (state not in ('moved', 'left', 'gone', 'cancelled')))
);
create unique index move_of_vm on fleet.move (vm) where ended is null;
create index move_waiting on fleet.move (source, priority desc, position, created) where state = 'queued';
create index move_active on fleet.move (admitted) where state in ('admitted', 'starting', 'moving', 'unknown');
create index move_of_drain on fleet.move (drain);

-- One row a unit that is held: the primary key is what keeps a limit.
create table fleet.claim (
  kind text not null check (kind in ('source', 'destination', 'link', 'cluster', 'memory')),
  key text not null,
  unit int not null check (unit > 0),
  move uuid not null references fleet.move,
  -- Nothing else comes in beside it, whatever the capacity is by now.
  is_alone boolean not null default false,
  primary key (kind, key, unit)
);
create index claim_of_move on fleet.claim (move);

-- For all keys of a kind that have no row: '*'. A kind without either has no limit.
create table fleet.capacity (
  kind text not null check (kind in ('source', 'destination', 'link', 'cluster', 'memory')),
  key text not null,
  units int not null check (units >= 0),
  primary key (kind, key)
);
insert into fleet.capacity values ('source', '*', 1), ('destination', '*', 1), ('link', '*', 2);

-- One row a VM for ever; each taking raises the epoch.
create table fleet.lease (
  vm text primary key,
  holder uuid,
  epoch bigint not null default 0,
  until timestamptz not null default '-infinity'
);
create index lease_of_holder on fleet.lease (holder);

create table fleet.controller (
  id uuid primary key,
  -- Within it the pair of process id and start time means one process.
  machine text not null,
  pid int not null,
  start_ticks bigint not null,
  host text not null,
  version text not null,
  seen timestamptz not null default now()
);

create table fleet.event (
  id bigint generated always as identity primary key,
  -- The same in every copy of it.
  uid uuid not null unique default gen_random_uuid(),
  drain uuid,
  move uuid,
  at timestamptz not null default clock_timestamp(),
  controller uuid,
  epoch bigint,
  kind text not null,
  data jsonb not null default '{}'
);
create index event_of_move on fleet.event (move, id);
create index event_of_drain on fleet.event (drain, id);`,
    `
alter table fleet.move
  -- What would help, where the words do not say it.
  add column remedy text,
  -- Destinations that do not take it as it is, each with the reason.
  add column refused jsonb not null default '{}',
  -- Groups of VMs of which no two may be on one host.
  add column apart text[] not null default '{}';

alter table fleet.drain
  -- When its host was last asked; what it said where it did not answer.
  add column looked timestamptz,
  add column trouble text,
  -- As what it is to end, once all that is on its way has arrived.
  add column ending text,
  -- When it was first and last seen empty, since it was last seen not to be.
  add column empty_since timestamptz,
  add column empty_at timestamptz;

create index move_ended on fleet.move (ended) where ended is not null;

create table fleet.host (
  host text primary key,
  -- Of moves to it, in a row, for something that passes.
  failures int not null default 0,
  out_until timestamptz,
  -- Nothing new is to come there, by somebody's word.
  cordoned timestamptz,
  cordoned_by text,
  cordon_reason text
);`,
    // Those of the version before end at their next round: they do not know these states.
    `
alter table fleet.move
  drop constraint move_state_check,
  drop constraint move_check,
  add constraint move_state_check check (state in ('queued', 'admitted', 'starting', 'moving', 'stopping', 'unknown', 'held',
    'moved', 'left', 'gone', 'off', 'cancelled')),
  add constraint move_check check ((ended is null) = (state not in ('moved', 'left', 'gone', 'off', 'cancelled'))),
  add column way text not null default 'move' check (way in ('move', 'shutdown', 'shutdown-and-return', 'start')),
  -- Who has decided what is done with it, whatever its own word is.
  add column decided_by text,
  -- Settings that were stated for it alone.
  add column stated jsonb not null default '{}';

drop index fleet.move_active;
create index move_active on fleet.move (admitted) where state in ('admitted', 'starting', 'moving', 'stopping', 'unknown');`,
    `
alter table fleet.drain
  -- A return brings back to its host what a drain moved away, and starts what was shut down to be started again.
  add column kind text not null default 'drain' check (kind in ('drain', 'return')),
  add column returns_of uuid references fleet.drain;`,
    `
alter table fleet.drain
  -- Of the programs before and after its host: whether they let it go on, and until when a controller asks one.
  add column before_host text check (before_host = 'done'),
  add column after_host text check (after_host = 'done'),
  add column hook_until timestamptz,
  add column hook_words text;`,
    `
alter table fleet.move
  -- How long it is expected to take, at the most; null: not known.
  add column expects_ms float8;`,
    `
alter table fleet.move
  -- It is queued and waits for a calmer moment: it is let in once a look at it says so. Looked at next at next_try.
  add column waits_calm boolean not null default false,
  -- The last look said that it is calm.
  add column was_calm boolean not null default false,
  -- When it first began to, and by when it has to be over.
  add column calm_since timestamptz,
  add column calm_until timestamptz,
  -- Until when a controller may take for its look; one that is killed leaves it.
  add column looking_until timestamptz;

create index move_waits_calm on fleet.move (next_try) where waits_calm and state = 'queued';

-- What moves of a VM would have been like at times. Two weeks of it are kept.
create table fleet.look (
  vm text not null,
  at timestamptz not null default clock_timestamp(),
  -- How long it would have stood still; null: no pause within its limits was possible.
  pause_ms float8,
  primary key (vm, at)
);
create index look_at on fleet.look (at);`,
    `
alter table fleet.move
  -- What its guest was told of this try: it is being told, was, could not be, or was told how it ended.
  add column notice text check (notice in ('giving', 'given', 'failed', 'over')),
  -- Nothing of it begins before.
  add column notice_until timestamptz,
  -- Why the guest could not be told; null: it was.
  add column notice_words text;`,
    `
alter table fleet.move
  -- What memory_gib, by which rooms are claimed, is rounded up from; null: the version before did not write it.
  add column memory_bytes bigint;`,
    `
alter table fleet.move
  -- Among how many on its links it stays calm; null: among as many as there may be. Where it is intensive, alone.
  add column calm_among int check (calm_among > 0);
alter table fleet.claim
  -- How many moves at a time, this one included, whoever holds it bears there; null: as many as there may be.
  add column most int check (most > 0);`,
    `
-- Whose hosts stay cordoned: asked for at each admission.
create index drain_expired on fleet.drain (host) where outcome = 'expired';`,
  ],
};

/** NOTIFY's; the payload is a move's id, or empty. */
export const CHANNEL = 'switchover_fleet';
