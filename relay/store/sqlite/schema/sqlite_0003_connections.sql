-- Connections that people added, beside those of the environment.

create table connection (
    name text primary key,
    kind text not null,
    options text not null,            -- JSON, without the secrets
    wants text not null,              -- JSON: which results it gets
    sealed_fields text not null,      -- names of the options that are secrets, comma-separated
    sealed text not null,             -- their values, encrypted; empty without any
    revision integer not null,        -- of the change that wrote this row
    removed_at integer                -- a name stays here, so that nothing more is owed to it
) strict;

-- Rises with every change; whoever keeps connections in memory compares it.
create table connection_revision (
    id integer primary key check (id = 1),
    number integer not null
) strict;

insert into connection_revision (id, number) values (1, 0);
