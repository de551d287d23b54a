-- Links that let a colleague ask for one thing, within a budget, and which jobs came of each.

create table share_link (
    id text primary key,
    name text not null,
    opens text not null,              -- a kind of job or a preset
    fixed text not null,              -- JSON: what is filled in already, by the form's field
    budget real not null,             -- credits that all its jobs may cost
    created_at integer not null,
    expires_at integer,               -- null: not by itself
    revoked_at integer
) strict;

alter table job add column asked_by text not null default ''; -- the share link's id
create index job_asked_by on job (asked_by, id) where asked_by <> '';
