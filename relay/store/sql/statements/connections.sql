-- Connections that people added.

-- name: connections_revision
-- The number that every change of a connection raises.
select number from connection_revision where id = 1;

-- name: list_connections
-- All connections with the revision they are at, in one statement; without any, one row of nulls.
select v.number, c.name, c.kind, c.options, c.filters, c.sealed_fields, c.sealed, c.revision
from connection_revision v
left join connection c on c.removed_at is null
where v.id = 1
order by c.name;

-- name: raise_revision
-- Raise the revision, so that every process reads the connections again.
update connection_revision set number = number + 1 where id = 1 returning number;

-- name: add_connection
-- Add a connection, also under a name that was removed; no row when the name is taken.
insert into connection (name, kind, options, filters, sealed_fields, sealed, revision)
values (:name, :kind, :options, :filters, :sealed_fields, :sealed, :revision)
on conflict (name) do update
set kind = excluded.kind, options = excluded.options, filters = excluded.filters,
    sealed_fields = excluded.sealed_fields, sealed = excluded.sealed, revision = excluded.revision,
    removed_at = null
where connection.removed_at is not null
returning name;

-- name: change_connection
-- Change a connection; no row when it was changed or removed since it was read.
update connection
set options = :options, filters = :filters, sealed_fields = :sealed_fields, sealed = :sealed,
    revision = :revision
where name = :name and revision = :changes and removed_at is null
returning name;

-- name: remove_connection
-- Remove a connection and its secrets; the name stays, so that no delivery is added to it.
update connection
set options = '{}', filters = '{}', sealed_fields = '', sealed = '', revision = :revision, removed_at = :now
where name = :name and removed_at is null
returning name;

-- name: skip_deliveries
-- Skip the pending deliveries of a removed connection. One under lease keeps it, as when it is superseded.
update delivery
set status = 'skipped', due_at = null, settled_at = :now, note = :note
where connection = :connection and status in ('pending', 'retrying');

-- name: free_name
-- Forget that a connection of this name was removed.
delete from connection where name = :name and removed_at is not null;

-- name: count_waiting
-- How many deliveries to a connection are pending or under lease.
select count(*) as number from delivery where connection = :connection and due_at is not null;
