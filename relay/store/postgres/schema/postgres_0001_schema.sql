-- The whole schema, as SQLite's has become it step by step. Times are ms UTC; ids are made by us and sort by
-- time, byte by byte, whatever language the server was set up for: hence collate "C" on what is ordered or a key.

-- Events in, results, deliveries out.

create table event (
    id text collate "C" primary key,
    delivery_id text collate "C" not null,
    status text collate "C" not null,  -- processing | failed | completed, or the vendor's own word
    name text not null,
    label text not null,
    secret text not null,  -- the name of the secret that signed it
    received_at bigint not null,
    digest text collate "C" not null,
    repeats bigint not null default 0,
    changed bigint not null default 0,
    unique (delivery_id, status)  -- the only guard against replays: these rows are never pruned
);
create index event_digest on event (digest);

-- Apart from the event, so that lists stay small and bodies can be pruned.
create table event_body (
    event_id text collate "C" primary key references event (id),
    headers text not null,
    body bytea not null
);

-- The row that orders everything that happens to one generation.
create table generation (
    id text collate "C" primary key,
    kind text collate "C" not null,
    status_rank bigint not null,  -- of its status: 1 processing, 2 failed, 3 completed
    context text not null default '{}',
    created_at bigint not null,
    updated_at bigint not null,
    job_id text collate "C" not null default '',  -- whose job it is of, and of which sending of it
    submission bigint not null default 0,
    number bigint not null default 0,  -- which generation of its job, from 1 in the order of the vendor's answer
    context_unsigned bigint not null default 0  -- 1: only webhooks without a signature said its context
);
create index generation_job on generation (job_id) where job_id <> '';
create index generation_created on generation (created_at, id);

create table result (
    id text collate "C" primary key,
    generation_id text collate "C" not null references generation (id),
    status text collate "C" not null,
    status_rank bigint not null,
    event_id text collate "C" references event (id),
    received_at bigint not null,
    details text not null,  -- outputs, prompt, model, error, credits ... as JSON
    unique (generation_id, status)
);
create index result_event on result (event_id);

create table delivery (
    id text collate "C" primary key,
    result_id text collate "C" not null references result (id),
    generation_id text collate "C" not null references generation (id),
    connection text collate "C" not null,
    status text collate "C" not null,  -- pending | retrying | delivered | failed | skipped
    due_at bigint,  -- when to look at it next (under lease: its end); null: owed no more
    leased_until bigint,  -- null: nobody has it in hand
    leased_by text not null default '',  -- the worker that had it last
    token bigint not null default 0,  -- fencing: rises with each lease, an older one settles nothing
    tries bigint not null default 0,  -- attempts that count against the ladder
    settled_at bigint,
    link text not null default '',
    note text not null default '',
    due_set_at bigint not null default 0,  -- when its wait was begun
    unique (result_id, connection)
);
create index delivery_due on delivery (connection, due_at) where due_at is not null;
create index delivery_leased on delivery (connection, leased_until) where leased_until is not null;
create index delivery_generation on delivery (generation_id, connection);
create index delivery_status on delivery (status, id);
create index delivery_connection on delivery (connection, id);
create index delivery_connection_status on delivery (connection, status, id);

create table attempt (
    delivery_id text collate "C" not null references delivery (id),
    token bigint not null,
    outcome text collate "C" not null,  -- done | not yet | retry | failed | paused | interrupted
    started_at bigint not null,
    milliseconds bigint not null,
    http_status bigint,
    message text not null,
    answer text not null,
    primary key (delivery_id, token)
);

create table connection_pause (
    connection text collate "C" primary key,
    since bigint not null,
    until bigint,  -- null: until a person resumes it or fixes its options
    why text not null,
    fingerprint text not null
);

create table connector_state (
    connection text collate "C" not null,
    scope text collate "C" not null,
    content text not null,
    primary key (connection, scope)
);

-- One row per paced target: the earliest moment of the next call.
create table target_rate (
    target text collate "C" primary key,
    next_at bigint not null
);

-- A hold is kept like a pause, apart from the pace: of an address, or of a quota that several connections share.
create table target_hold (
    target text collate "C" primary key,
    since bigint not null,
    until bigint not null,
    why text not null
);

create table connection_route (
    connection text collate "C" primary key,
    held_by text collate "C" not null,  -- the target whose hold stops this connection
    fingerprint text not null  -- of its options
);

-- One row per output that is to be copied before the vendor's link dies.
create table archive_copy (
    result_id text collate "C" not null references result (id),
    number bigint not null,  -- which of the result's outputs, from 1
    url text not null,  -- the vendor's link
    status text collate "C" not null,  -- pending | retrying | archived | failed
    due_at bigint,  -- when to look at it next (under lease: its end); null: settled
    leased_until bigint,  -- null: nobody has it in hand
    token bigint not null default 0,  -- fencing: rises with each lease, an older one settles nothing
    tries bigint not null default 0,  -- attempts that count against the ladder
    storage text collate "C" not null default '',  -- where the copy is: local | s3
    key text not null default '',  -- its name there
    type text not null default '',
    size bigint,
    sha256 text not null default '',
    note text not null default '',
    archived_at bigint,
    due_set_at bigint not null default 0,  -- when its wait was begun
    primary key (result_id, number)
);
-- First tries and later ones are claimed apart, so that a file that cannot be had keeps no new one waiting.
create index archive_copy_first_due on archive_copy (due_at)
where due_at is not null and tries = 0 and leased_until is null;
create index archive_copy_later_due on archive_copy (due_at)
where due_at is not null and (tries > 0 or leased_until is not null);
create index archive_copy_status on archive_copy (status, storage, size);

-- How many copies there are of each status in each storage, and their bytes: kept, so that nobody counts them.
create table archive_copy_total (
    status text collate "C" not null,
    storage text collate "C" not null,
    number bigint not null,
    size bigint not null,
    primary key (status, storage)
);

create function count_archive_copy() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        update archive_copy_total set number = number - 1, size = size - coalesce(old.size, 0)
        where status = old.status and storage = old.storage;
    end if;
    if tg_op <> 'DELETE' then
        insert into archive_copy_total as total (status, storage, number, size)
        values (new.status, new.storage, 1, coalesce(new.size, 0))
        on conflict (status, storage) do update
        set number = total.number + 1, size = total.size + excluded.size;
    end if;
    return null;
end
$$;
create trigger archive_copy_counted after insert or delete or update of status, storage, size on archive_copy
for each row execute function count_archive_copy();

-- Connections that people added, beside those of the environment.

create table connection (
    name text collate "C" primary key,
    kind text collate "C" not null,
    options text not null,  -- JSON, without the secrets
    filters text not null,  -- JSON: which results it gets
    sealed_fields text not null,  -- names of the options that are secrets, comma-separated
    sealed text not null,  -- their values, encrypted; empty without any
    revision bigint not null,  -- of the change that wrote this row
    removed_at bigint  -- a name stays here, so that nothing more is owed to it
);

-- Rises with every change; whoever keeps connections in memory compares it.
create table connection_revision (
    id bigint primary key check (id = 1),
    number bigint not null
);
insert into connection_revision (id, number) values (1, 0);

-- What a shop told of itself (a product was created), until a job is made of it, or it is clear that none will be.
create table shop_event (
    id text collate "C" primary key,
    connection text collate "C" not null,  -- the connection to that shop, whose secret signed it
    webhook_id text collate "C" not null unique,  -- Shopify's own id of the event: its repeats have the same one
    topic text not null,
    shop text not null,
    received_at bigint not null,
    body bytea not null,
    due_at bigint,  -- null: done with it
    attempts bigint not null default 0,
    note text not null default '',  -- why there is no job yet, or none at all
    job_id text collate "C" not null default '',
    due_set_at bigint not null default 0  -- when its wait was begun
);
create index shop_event_due on shop_event (due_at) where due_at is not null;
create index shop_event_body on shop_event (id) where due_at is null and length(body) > 0;

-- Jobs: what was asked for through the relay, until its results are there.

create table job (
    id text collate "C" primary key,
    reference text collate "C" not null unique,  -- unguessable; the webhook's address has it
    kind text collate "C" not null,
    output_kind text collate "C" not null,  -- the kind of its results
    input text not null,  -- JSON: the kind's fields
    context text not null,  -- JSON
    source text collate "C" not null,  -- api | form | list | shop | sample | elsewhere
    batch_id text collate "C" not null default '',
    pipeline_id text collate "C" not null default '',
    step text collate "C" not null default '',
    inputs text not null default '{}',  -- JSON: field -> step whose file it waits for
    fan_out bigint not null default 1,  -- 0: its results only feed other steps
    rate_bucket text collate "C" not null,  -- video | other
    videos bigint not null default 0,  -- that it counts against the day's limit
    expected_results bigint not null default 1,  -- generations expected of one submission
    status text collate "C" not null,  -- queued | held | submitted | processing | completed | failed | canceled
    status_reason text not null default '',
    error_param text not null default '',
    estimate double precision not null default 0,
    credits double precision,
    refunded double precision,
    found_by text collate "C" not null default '',  -- response | webhook | recovered
    idempotency_key text collate "C" not null default '',
    digest text collate "C" not null default '',
    turn bigint not null default 0,  -- the queue's order; each batch takes one place a round
    created_at bigint not null,
    due_at bigint,  -- when it may be sent; null: it is not queued
    tries bigint not null default 0,  -- submissions that failed and count against the ladder
    submission bigint not null default 0,  -- submissions begun
    submitted_at bigint,
    running_until bigint,  -- until when it counts as running; null: it does not
    vendor_id text collate "C" not null default '',
    poll_at bigint,  -- when to ask the vendor about it; null: not
    polls bigint not null default 0,
    polled_at bigint,  -- when it was last asked about
    uploads bigint not null default 0,  -- files it was given; without them it cannot be sent again
    settled_at bigint,
    token bigint not null default 0,  -- fencing: rises with each lease
    leased_until bigint,  -- null: nobody has it in hand
    leased_for text collate "C" not null default '',  -- submit | poll
    share_link_id text collate "C" not null default '',
    passed_at bigint,  -- since when smaller jobs pass it
    unclear_since bigint,  -- since when the vendor's answers about it say nothing; null: they are clear
    due_set_at bigint not null default 0  -- when its wait was begun
);
create unique index job_idempotency on job (idempotency_key) where idempotency_key <> '';
create unique index job_elsewhere on job (vendor_id) where source = 'elsewhere';
create index job_queue on job (
    rate_bucket, turn, id, kind, status, videos, estimate, due_at, leased_until
) where due_at is not null;
create index job_running on job (rate_bucket, running_until) where running_until is not null;
create index job_poll on job (poll_at) where poll_at is not null;
create index job_leased on job (leased_until) where leased_until is not null;
create index job_waiting on job (status, due_at, pipeline_id, id) where status = 'queued' and due_at is null;
create index job_passed on job (rate_bucket, passed_at) where passed_at is not null;
create index job_status on job (status, id);
create index job_kind on job (kind, id);
create index job_kind_status on job (kind, status, id);
create index job_batch on job (batch_id, id) where batch_id <> '';
create index job_pipeline on job (pipeline_id, id) where pipeline_id <> '';
create index job_vendor on job (vendor_id) where vendor_id <> '';
create index job_share_link on job (share_link_id, id) where share_link_id <> '';
create index job_spent on job (submitted_at, source, credits, estimate, refunded) where submitted_at is not null;

-- Prompt, context and ids of each job, by words.
create table job_search (
    job_id text collate "C" primary key references job (id) on delete cascade,
    words tsvector not null
);
create index job_search_words on job_search using gin (words);

-- Which step takes the file of which other one: a row per field.
create table job_input (
    job_id text collate "C" not null references job (id),
    field text collate "C" not null,
    needed_job_id text collate "C" not null references job (id),
    primary key (job_id, field)
);

-- Files that go with a job, until it is sent.
create table upload (
    job_id text collate "C" not null references job (id),
    name text collate "C" not null,
    filename text not null,
    type text not null,
    content bytea not null,
    primary key (job_id, name)
);

create table pipeline (
    id text collate "C" primary key,
    name text not null,
    context text not null,
    created_at bigint not null,
    idempotency_key text collate "C" not null default '',
    digest text collate "C" not null default ''
);
create unique index pipeline_idempotency on pipeline (idempotency_key) where idempotency_key <> '';

-- Every call to the vendor of the last 24 hours, to keep to its limits over all processes.
create table vendor_call (
    id bigint primary key generated by default as identity,
    account text collate "C" not null,  -- which API key: a hash
    rate_bucket text collate "C" not null,  -- video | other | poll
    videos bigint not null,
    at bigint not null,  -- when its answer was there; under way: the end of its lease
    job_id text collate "C" not null,
    token bigint not null,
    unique (job_id, token)
);
create index vendor_call_at on vendor_call (account, at);
create index vendor_call_bucket on vendor_call (account, rate_bucket, at);

-- What is known of an API key: what the vendor's headers said, and whether the queue is paused.
create table api_account (
    account text collate "C" primary key,
    request_limit bigint,
    remaining bigint,
    rate_limit_at bigint not null default 0,
    reset_at bigint,
    paused_since bigint,
    paused_until bigint,  -- null while paused: until a person resumes it
    paused_why text not null default ''
);

-- Rate buckets in which the vendor accepts nothing for a while, and why, in its own words.
create table rate_hold (
    account text collate "C" not null,
    rate_bucket text collate "C" not null,
    until bigint not null,
    since bigint not null default 0,
    reason text not null default '',
    primary key (account, rate_bucket)
);

-- Webhooks that nobody signed, until the vendor confirms or time forgets them. They never touch `event`.
create table unsigned_event (
    id text collate "C" primary key,
    digest text collate "C" not null unique,
    received_at bigint not null,
    headers text not null,
    body bytea not null,
    label text not null,
    query text not null,
    poll_at bigint not null,
    tries bigint not null default 0,
    sender text collate "C" not null default '',  -- they are polled about in turns of their senders
    vendor_id text collate "C" not null default '',  -- the ID that is polled
    turn bigint not null default 0
);

-- How many webhooks were refused, by the hour and the reason: a few rows an hour, however many come.
create table refused_webhook (
    id text collate "C" primary key,
    hour bigint not null,  -- its beginning, ms
    reason text collate "C" not null,
    number bigint not null,
    last_at bigint not null,
    last_sender text not null,
    unique (hour, reason)
);

-- What pages and API keep.

create table setting (
    name text collate "C" primary key,
    value text not null
);

create table api_token (
    id text collate "C" primary key,
    name text not null,
    digest text collate "C" not null unique,  -- SHA-256 of the token
    created_at bigint not null,
    used_at bigint,
    revoked_at bigint
);

-- Attempts to sign in that did not succeed so far; forgotten after a while.
create table login_attempt (
    remote_addr text collate "C" not null,  -- the network address it came from
    at bigint not null,
    browser text collate "C" not null default ''  -- one that has signed in before is counted by itself
);
create index login_attempt_addr on login_attempt (remote_addr, at);
create index login_attempt_at on login_attempt (at);
create index login_attempt_browser on login_attempt (browser, at) where browser > '';

-- Who signed in, who tried, and which tokens and secrets were made or changed.
create table access_log (
    id text collate "C" primary key,
    kind text collate "C" not null,
    subject text not null default '',  -- the name of a token or a connection
    remote_addr text collate "C" not null default '',  -- an IPv4 address or an IPv6 /64; "": a command
    at bigint not null,  -- the last time, where one row stands for several
    times bigint not null default 1
);
create index access_log_at on access_log (at);
create index access_log_kind on access_log (kind, remote_addr);

-- Links that let a colleague ask for one thing, within a budget.
create table share_link (
    id text collate "C" primary key,
    name text not null,
    form text not null,  -- a kind of job or a preset
    fixed_values text not null,  -- JSON: what is filled in already, by the form's field
    budget double precision not null,  -- credits that all its jobs may cost
    created_at bigint not null,
    expires_at bigint,  -- null: not by itself
    revoked_at bigint
);

-- A delivery with what it delivers.
create view delivery_summary as
select
    d.id, d.generation_id, r.status as result_status, g.kind, d.connection, d.status, d.token as attempt_count,
    d.due_at, d.settled_at, d.link, d.note, d.leased_until, g.status_rank as generation_rank
from delivery d
join result r on r.id = d.result_id
join generation g on g.id = d.generation_id;

-- Which may be sent again: of the status that the generation has now, to a connection that is still there.
create view replayable_delivery as
select d.id, d.generation_id, d.connection, d.status, d.leased_until
from delivery d
join result r on r.id = d.result_id
join generation g on g.id = d.generation_id
where d.status <> 'skipped' and r.status_rank = g.status_rank
    and not exists (select 1 from connection c where c.name = d.connection and c.removed_at is not null);
