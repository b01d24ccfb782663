/**
 * The journals' tables. An entry is kept as its line of JSON, as a file holds it: nothing of it is lost or reordered,
 * whatever a hypervisor's settings have in them (`jsonb` takes no \u0000). Samples lie apart, since most readers leave them
 * out. What lists and searches go by stands in the journal's own row, and is kept up with each write.
 */
import type { SchemaPart } from '../../postgres/schema.ts';

export const JOURNAL_TABLES: SchemaPart = {
  name: 'journals',
  steps: [
    `
create table switchover.journal (
  id text collate "C" primary key,
  -- An id without a time stamp is older than all that have one: see migration-id.ts.
  stamped boolean not null generated always as (id ~ '^[0-9]{8}T[0-9]{6}[.-]') stored,
  vm text not null,
  vm_uuid text,
  guest_name text not null,
  policy text not null,
  started_at timestamptz not null,
  state text not null,
  outcome text,
  runs_on text,
  pause_ms float8,
  unfinished boolean not null default true,
  bytes bigint not null default 0,
  last_written timestamptz not null
);
create index journal_recent on switchover.journal (stamped, id);
create index journal_vm on switchover.journal (vm, stamped, id);
create index journal_vm_uuid on switchover.journal (vm_uuid, stamped, id);
create index journal_outcome on switchover.journal (outcome, stamped, id);

create table switchover.entry (
  journal text collate "C" not null references switchover.journal on delete cascade,
  seq bigint not null,
  line text not null,
  primary key (journal, seq)
);
create table switchover.sample (
  journal text collate "C" not null references switchover.journal on delete cascade,
  seq bigint not null,
  line text not null,
  primary key (journal, seq)
);

-- Journals of folders that were copied in: one that was removed here since is not copied again.
create table switchover.taken_in (id text collate "C" primary key);`,
    `
-- What a search looks through, in small letters; what is there already is found by its own row.
alter table switchover.journal add column searched text not null default '';
update switchover.journal set searched = lower(concat_ws(' ', id, guest_name, vm_uuid, vm));

-- By an index where the server has that extension, and this user may use it: else a search goes through all.
do $$
declare
  place text;
begin
  begin
    create extension if not exists pg_trgm with schema switchover;
  exception when others then null;
  end;
  select nspname into place from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'pg_trgm';
  if place is not null then
    execute format('create index journal_searched on switchover.journal using gin (searched %I.gin_trgm_ops)', place);
  end if;
end $$;

-- What a list shows of a migration that is over, so that its journal need not be read for it. Whoever writes to the
-- journal removes it; one that lacks, or that another switchover wrote, is made from the journal.
create table switchover.summary (
  journal text collate "C" primary key references switchover.journal on delete cascade,
  line text not null
);`,
  ],
};

/** The order of ids, as `sortIds` has it. */
export const OLDEST_FIRST = 'order by stamped, id';
export const NEWEST_FIRST = 'order by stamped desc, id desc';
