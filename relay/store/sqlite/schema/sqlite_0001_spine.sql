-- Events in, results, deliveries out. Times are ms UTC; ids are made by us and sort by time.

create table event (
    id text primary key,
    delivery_id text not null,
    status text not null,             -- processing | failed | completed, or the vendor's own word
    name text not null,
    label text not null,
    secret text not null,             -- the name of the secret that signed it
    received_at integer not null,
    digest text not null,
    repeats integer not null default 0,
    changed integer not null default 0,
    unique (delivery_id, status)      -- the only guard against replays: these rows are never pruned
) strict;

-- Apart from the event, so that lists stay small and bodies can be pruned.
create table event_body (
    event_id text primary key references event (id),
    headers text not null,
    body blob not null
) strict;

-- The row that orders everything that happens to one generation.
create table generation (
    id text primary key,
    kind text not null,
    rank integer not null,            -- of its status: 1 processing, 2 failed, 3 completed
    context text not null default '{}',
    created_at integer not null,
    updated_at integer not null
) strict;

create table result (
    id text primary key,
    generation_id text not null references generation (id),
    status text not null,
    rank integer not null,
    event_id text references event (id),
    received_at integer not null,
    details text not null,            -- outputs, prompt, model, error, credits ... as JSON
    unique (generation_id, status)
) strict;

create table delivery (
    id text primary key,
    result_id text not null references result (id),
    generation_id text not null references generation (id),
    connection text not null,
    status text not null,             -- pending | retrying | delivered | failed | skipped
    due_at integer,                   -- when to look at it next (under lease: its end); null: owed no more
    leased_until integer,             -- null: nobody has it in hand
    leased_by text not null default '', -- the worker that had it last
    token integer not null default 0, -- fencing: rises with each lease, an older one settles nothing
    tries integer not null default 0, -- attempts that count against the ladder
    settled_at integer,
    link text not null default '',
    note text not null default '',
    unique (result_id, connection)
) strict;
create index delivery_due on delivery (connection, due_at) where due_at is not null;
create index delivery_leased on delivery (connection, leased_until) where leased_until is not null;
create index delivery_generation on delivery (generation_id, connection);
create index delivery_status on delivery (status, id);
create index result_event on result (event_id);

create table attempt (
    delivery_id text not null references delivery (id),
    token integer not null,
    outcome text not null,            -- done | not yet | retry | failed | paused | interrupted
    started_at integer not null,
    milliseconds integer not null,
    http_status integer,
    message text not null,
    answer text not null,
    primary key (delivery_id, token)
) strict, without rowid;

create table pause (
    connection text primary key,
    since integer not null,
    until integer,                    -- null: until a person resumes it or mends its options
    why text not null,
    fingerprint text not null
) strict;

create table memory (
    connection text not null,
    scope text not null,
    content text not null,
    primary key (connection, scope)
) strict;

-- One row per paced target: the earliest moment of the next call.
create table rate (
    target text primary key,
    next_at integer not null
) strict;
