-- Jobs: what was asked for through the relay, until its results are there.

create table job (
    id text primary key,
    reference text not null unique,   -- unguessable; the webhook's address has it
    kind text not null,
    makes text not null,              -- the kind of its results
    wish text not null,               -- JSON: the kind's fields
    context text not null,            -- JSON
    source text not null,             -- api | form | list | shop | sample | elsewhere
    batch_id text not null default '',
    pipeline_id text not null default '',
    step text not null default '',
    inputs text not null default '{}', -- JSON: field -> step whose file it waits for
    delivers integer not null default 1, -- 0: its results only feed other steps
    lane text not null,               -- video | other
    videos integer not null default 0, -- that it counts against the day's limit
    children integer not null default 1, -- generations expected of one sending
    status text not null,             -- queued | held | submitted | processing | completed | failed | canceled
    why text not null default '',
    param text not null default '',
    estimate real not null default 0,
    credits real,
    refunded real,
    found text not null default '',   -- answer | webhook | recovered
    idempotency_key text not null default '',
    digest text not null default '',
    turn integer not null default 0,  -- the line's order; each list takes one place a round
    created_at integer not null,
    due_at integer,                   -- when it may be sent; null: it is not in the line
    tries integer not null default 0, -- sendings that failed and count against the ladder
    submission integer not null default 0, -- sendings begun
    submitted_at integer,
    slot_until integer,               -- until when it counts as running; null: it does not
    vendor_id text not null default '',
    look_at integer,                  -- when to ask the vendor about it; null: not
    looks integer not null default 0,
    looked_at integer,                -- when it was last asked about
    uploads integer not null default 0, -- files it was given; without them it cannot be sent again
    settled_at integer,
    token integer not null default 0, -- fencing: rises with each lease
    leased_until integer,             -- null: nobody has it in hand
    leased_for text not null default '' -- submit | look
) strict;
create unique index job_idempotency on job (idempotency_key) where idempotency_key <> '';
create unique index job_elsewhere on job (vendor_id) where source = 'elsewhere';
create index job_line on job (lane, turn, id) where due_at is not null;
create index job_running on job (lane, slot_until) where slot_until is not null;
create index job_look on job (look_at) where look_at is not null;
create index job_leased on job (leased_until) where leased_until is not null;
create index job_waiting on job (status, due_at, pipeline_id, id) where status = 'queued' and due_at is null;
create index job_status on job (status, id);
create index job_batch on job (batch_id, id) where batch_id <> '';
create index job_pipeline on job (pipeline_id, id) where pipeline_id <> '';
create index job_vendor on job (vendor_id) where vendor_id <> '';
create index job_spent on job (submitted_at) where submitted_at is not null;

-- Whose job a generation is of, and of which sending of it.
alter table generation add column job_id text not null default '';
alter table generation add column submission integer not null default 0;
create index generation_job on generation (job_id) where job_id <> '';
create index generation_created on generation (created_at, id);

-- Files that go with a job, until it is sent.
create table upload (
    job_id text not null references job (id),
    name text not null,
    filename text not null,
    type text not null,
    content blob not null,
    primary key (job_id, name)
) strict;

-- Every call to the vendor of the last 24 hours, to keep to its limits over all processes.
create table vendor_call (
    id integer primary key,
    account text not null,            -- which API key: a hash
    lane text not null,               -- video | other | look
    videos integer not null,
    at integer not null,              -- when its answer was there; under way: the end of its lease
    job_id text not null,
    token integer not null,
    unique (job_id, token)
) strict;
create index vendor_call_at on vendor_call (account, at);
create index vendor_call_lane on vendor_call (account, lane, at);

-- What is known of an API key: what the vendor's headers said, and whether the line stands still.
create table account (
    account text primary key,
    request_limit integer,
    remaining integer,
    told_at integer not null default 0,
    reset_at integer,
    paused_since integer,
    paused_until integer,             -- null while paused: until a person resumes it
    paused_why text not null default ''
) strict;

create table lane_hold (
    account text not null,
    lane text not null,
    until integer not null,
    primary key (account, lane)
) strict, without rowid;

create table pipeline (
    id text primary key,
    name text not null,
    context text not null,
    created_at integer not null,
    idempotency_key text not null default '',
    digest text not null default ''
) strict;
create unique index pipeline_idempotency on pipeline (idempotency_key) where idempotency_key <> '';

create table api_token (
    id text primary key,
    name text not null,
    digest text not null unique,      -- SHA-256 of the token
    created_at integer not null,
    used_at integer,
    revoked_at integer
) strict;

-- Webhooks that nobody signed, until the vendor confirms or time forgets them. They never touch `event`.
create table unsigned_event (
    id text primary key,
    digest text not null unique,
    received_at integer not null,
    headers text not null,
    body blob not null,
    label text not null,
    query text not null,
    look_at integer not null,
    tries integer not null default 0
) strict;
create index unsigned_event_newest on unsigned_event (received_at, id, look_at);
create index unsigned_event_crowd on unsigned_event (tries, received_at, id);
