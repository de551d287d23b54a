-- A database as the version before the field's terms left it (commit 8d806bb, schema up to sqlite_0011), made by
-- calling that version's store: webhooks with deliveries in every state, copies, connections, jobs of several
-- kinds and states, two waiting pipelines, pauses, rates, share links, tokens, settings, sign-ins, shop webhooks,
-- and an unsigned webhook. All names and secrets in it are made up.
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE event (
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
CREATE TABLE event_body (
    event_id text primary key references event (id),
    headers text not null,
    body blob not null
) strict;
CREATE TABLE generation (
    id text primary key,
    kind text not null,
    rank integer not null,            -- of its status: 1 processing, 2 failed, 3 completed
    context text not null default '{}',
    created_at integer not null,
    updated_at integer not null
, job_id text not null default '', submission integer not null default 0) strict;
CREATE TABLE result (
    id text primary key,
    generation_id text not null references generation (id),
    status text not null,
    rank integer not null,
    event_id text references event (id),
    received_at integer not null,
    details text not null,            -- outputs, prompt, model, error, credits ... as JSON
    unique (generation_id, status)
) strict;
CREATE TABLE delivery (
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
CREATE TABLE attempt (
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
CREATE TABLE pause (
    connection text primary key,
    since integer not null,
    until integer,                    -- null: until a person resumes it or mends its options
    why text not null,
    fingerprint text not null
) strict;
CREATE TABLE memory (
    connection text not null,
    scope text not null,
    content text not null,
    primary key (connection, scope)
) strict;
CREATE TABLE rate (
    target text primary key,
    next_at integer not null
) strict;
CREATE TABLE archive (
    result_id text not null references result (id),
    number integer not null,          -- which of the result's outputs, from 1
    url text not null,                -- the vendor's link
    status text not null,             -- pending | retrying | archived | failed
    due_at integer,                   -- when to look at it next (under lease: its end); null: settled
    leased_until integer,             -- null: nobody has it in hand
    token integer not null default 0, -- fencing: rises with each lease, an older one settles nothing
    tries integer not null default 0, -- attempts that count against the ladder
    shelf text not null default '',   -- where the copy is: local | s3
    key text not null default '',     -- its name there
    type text not null default '',
    size integer,
    sha256 text not null default '',
    note text not null default '',
    archived_at integer,
    primary key (result_id, number)
) strict, without rowid;
CREATE TABLE connection (
    name text primary key,
    kind text not null,
    options text not null,            -- JSON, without the secrets
    wants text not null,              -- JSON: which results it gets
    sealed_fields text not null,      -- names of the options that are secrets, comma-separated
    sealed text not null,             -- their values, encrypted; empty without any
    revision integer not null,        -- of the change that wrote this row
    removed_at integer                -- a name stays here, so that nothing more is owed to it
) strict;
CREATE TABLE connection_revision (
    id integer primary key check (id = 1),
    number integer not null
) strict;
CREATE TABLE shop_event (
    id text primary key,
    connection text not null,         -- the connection to that shop, whose secret signed it
    webhook_id text not null unique,  -- Shopify's own id of the event: its repeats have the same one
    topic text not null,
    shop text not null,
    received_at integer not null,
    body blob not null
, look_at integer, looks integer not null default 0, note text not null default '', job_id text not null default '') strict;
CREATE TABLE job (
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
, asked_by text not null default '') strict;
CREATE TABLE upload (
    job_id text not null references job (id),
    name text not null,
    filename text not null,
    type text not null,
    content blob not null,
    primary key (job_id, name)
) strict;
CREATE TABLE vendor_call (
    id integer primary key,
    account text not null,            -- which API key: a hash
    lane text not null,               -- video | other | look
    videos integer not null,
    at integer not null,              -- when its answer was there; under way: the end of its lease
    job_id text not null,
    token integer not null,
    unique (job_id, token)
) strict;
CREATE TABLE account (
    account text primary key,
    request_limit integer,
    remaining integer,
    told_at integer not null default 0,
    reset_at integer,
    paused_since integer,
    paused_until integer,             -- null while paused: until a person resumes it
    paused_why text not null default ''
) strict;
CREATE TABLE lane_hold (
    account text not null,
    lane text not null,
    until integer not null,
    primary key (account, lane)
) strict, without rowid;
CREATE TABLE pipeline (
    id text primary key,
    name text not null,
    context text not null,
    created_at integer not null,
    idempotency_key text not null default '',
    digest text not null default ''
) strict;
CREATE TABLE api_token (
    id text primary key,
    name text not null,
    digest text not null unique,      -- SHA-256 of the token
    created_at integer not null,
    used_at integer,
    revoked_at integer
) strict;
CREATE TABLE unsigned_event (
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
CREATE TABLE setting (
    name text primary key,
    value text not null
) strict, without rowid;
CREATE TABLE sign_in_try (
    who text not null,                -- the network address it came from
    at integer not null
) strict;
CREATE TABLE share_link (
    id text primary key,
    name text not null,
    opens text not null,              -- a kind of job or a preset
    fixed text not null,              -- JSON: what is filled in already, by the form's field
    budget real not null,             -- credits that all its jobs may cost
    created_at integer not null,
    expires_at integer,               -- null: not by itself
    revoked_at integer
) strict;
CREATE VIRTUAL TABLE job_search using fts5 (
    job_id unindexed, words, tokenize = 'unicode61', prefix = '1 2 3 4 5 6 7 8'
);
CREATE TABLE archive_total (
    status text not null,
    shelf text not null,
    number integer not null,
    size integer not null,
    primary key (status, shelf)
) strict, without rowid;
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (1, 'relay', 'sqlite_0001_spine', '2026-11-27 15:21:42.684347+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (2, 'relay', 'sqlite_0002_archive', '2026-11-27 15:21:42.685464+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (3, 'relay', 'sqlite_0003_connections', '2026-11-27 15:21:42.686215+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (4, 'relay', 'sqlite_0004_shop_event', '2026-11-27 15:21:42.686746+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (5, 'relay', 'sqlite_0005_job', '2026-11-27 15:21:42.692870+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (6, 'relay', 'sqlite_0006_shop_event_work', '2026-11-27 15:21:42.697112+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (7, 'relay', 'sqlite_0007_page', '2026-11-27 15:21:42.699492+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (8, 'relay', 'sqlite_0009_share', '2026-11-27 15:21:42.701879+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (9, 'relay', 'sqlite_0010_reading', '2026-11-27 15:21:42.729823+00:00');
insert into "_sqlite_migrations" (id, migration_set, name, applied_at) values (10, 'relay', 'sqlite_0011_jobs_by_kind', '2026-11-27 15:21:42.730872+00:00');
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g03dp07pa7pjl4gc3', 'vgen_delivered', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000000, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 1, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g05voa9b7tmi1e0o5', 'vgen_failed', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000001, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g09avab8llojsl64j', 'vgen_retrying', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000002, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g0fpnuhc8gucsj6lm', 'vgen_skipped', 'processing', 'video.generation.processing', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000003, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g0humm0kqgg71ivgd', 'vgen_skipped', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000004, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g0n4uhp9lblf9pi3d', 'vgen_leased', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000005, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g0qin5645uspa448u', 'vgen_pending', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000006, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g0vcdl60f2v1i4msp', 'vb_1', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000007, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g12e1kjb038t0o95g', 'vgen_paced', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000008, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g2hr4kpp96q9qdpeu', 'vgen_copy_kept', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000020, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g2ma5np9b3khk01jk', 'vgen_copy_broken', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000021, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g2p9o6kb00fe3jpcu', 'vgen_copy_waits', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000022, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event" (id, delivery_id, status, name, label, secret, received_at, digest, repeats, changed) values ('evt_06hhgn2g2tmrbh1mt3q053an', 'vgen_copy_hand', 'completed', 'video.generation.completed', 'n8n', 'CREATIVEAI_WEBHOOK_SECRET', 1800000000023, '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 0, 0);
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g09avab8llojsl64j', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g0fpnuhc8gucsj6lm', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g0humm0kqgg71ivgd', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g0n4uhp9lblf9pi3d', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g0qin5645uspa448u', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g0vcdl60f2v1i4msp', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g12e1kjb038t0o95g', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g2hr4kpp96q9qdpeu', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g2ma5np9b3khk01jk', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g2p9o6kb00fe3jpcu', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "event_body" (event_id, headers, body) values ('evt_06hhgn2g2tmrbh1mt3q053an', '{"x-creativeai-event": "video"}', X'7B7D');
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_delivered', 'video', 3, '{}', 1800000000000, 1800000000000, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_failed', 'video', 3, '{}', 1800000000001, 1800000000001, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_retrying', 'video', 3, '{}', 1800000000002, 1800000000002, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_skipped', 'video', 3, '{}', 1800000000003, 1800000000004, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_leased', 'video', 3, '{}', 1800000000005, 1800000000005, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_pending', 'video', 3, '{}', 1800000000006, 1800000000006, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_batch_1', 'video', 3, '{}', 1800000000007, 1800000000007, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_batch_2', 'video', 3, '{}', 1800000000007, 1800000000007, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_paced', 'video', 3, '{}', 1800000000008, 1800000000008, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_copy_kept', 'video', 3, '{}', 1800000000020, 1800000000020, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_copy_broken', 'video', 3, '{}', 1800000000021, 1800000000021, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_copy_waits', 'video', 3, '{}', 1800000000022, 1800000000022, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_copy_hand', 'video', 3, '{}', 1800000000023, 1800000000023, '', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_job_done', 'video', 3, '{"sku":"DONE-1"}', 1800000000100, 1800000000100, 'job_06hhgn2gcies6gi8c2b8hdd9', 1);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_job_failed', 'video', 2, '{"sku":"FAIL-1"}', 1800000000101, 1800000000101, 'job_06hhgn2gcksht00m3esjv56q', 1);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_job_running', 'video', 0, '{"sku":"RUN-1"}', 1800000000102, 1800000000102, 'job_06hhgn2gco57mq70ikl3t7di', 1);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('vgen_elsewhere', 'video', 0, '{"row":"7"}', 1800000000108, 1800000000108, 'job_06hhgn2gdjolvt5j7d3ir3ol', 0);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('pipe_voice', 'voice', 3, '{"sku":"MUG-1"}', 1800000000121, 1800000000121, 'job_06hhgn2gf022u433cegtll2c', 1);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('pipe2_voice', 'voice', 3, '{"sku":"MUG-1"}', 1800000000131, 1800000000131, 'job_06hhgn2ggatlovofh7m8kgll', 1);
insert into "generation" (id, kind, rank, context, created_at, updated_at, job_id, submission) values ('pipe2_video', 'voice', 3, '{"sku":"MUG-1"}', 1800000000132, 1800000000132, 'job_06hhgn2ggbg16rtjgu0n708b', 1);
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g02r0aksv6kbkthr6', 'vgen_delivered', 'completed', 3, 'evt_06hhgn2g03dp07pa7pjl4gc3', 1800000000000, '{"prompt":"A mug turns","credits":30.0,"outputs":[["https://cdn.test/vgen_delivered.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g044l88019n9g6uc7', 'vgen_failed', 'completed', 3, 'evt_06hhgn2g05voa9b7tmi1e0o5', 1800000000001, '{"outputs":[["https://cdn.test/vgen_failed.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g080grg8j2ctnni3i', 'vgen_retrying', 'completed', 3, 'evt_06hhgn2g09avab8llojsl64j', 1800000000002, '{"outputs":[["https://cdn.test/vgen_retrying.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g0cbmnmoei2dh0guj', 'vgen_skipped', 'processing', 1, 'evt_06hhgn2g0fpnuhc8gucsj6lm', 1800000000003, '{}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g0g5trt19nqm9i9gk', 'vgen_skipped', 'completed', 3, 'evt_06hhgn2g0humm0kqgg71ivgd', 1800000000004, '{"outputs":[["https://cdn.test/vgen_skipped.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g0mfefajcmimgb45i', 'vgen_leased', 'completed', 3, 'evt_06hhgn2g0n4uhp9lblf9pi3d', 1800000000005, '{"outputs":[["https://cdn.test/vgen_leased.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g0r0suv936rcmg5m5', 'vgen_pending', 'completed', 3, 'evt_06hhgn2g0qin5645uspa448u', 1800000000006, '{"outputs":[["https://cdn.test/vgen_pending.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g0vlq1th6hr2f9h2v', 'vgen_batch_1', 'completed', 3, 'evt_06hhgn2g0vcdl60f2v1i4msp', 1800000000007, '{"batch_id":"vb_1","outputs":[["https://cdn.test/vgen_batch_1.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g0skk36daqnk3252f', 'vgen_batch_2', 'completed', 3, 'evt_06hhgn2g0vcdl60f2v1i4msp', 1800000000007, '{"batch_id":"vb_1","outputs":[["https://cdn.test/vgen_batch_2.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g11cbtqf71dcv7va1', 'vgen_paced', 'completed', 3, 'evt_06hhgn2g12e1kjb038t0o95g', 1800000000008, '{"outputs":[["https://cdn.test/vgen_paced.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g2jp47ip3o7g73bis', 'vgen_copy_kept', 'completed', 3, 'evt_06hhgn2g2hr4kpp96q9qdpeu', 1800000000020, '{"outputs":[["https://cdn.test/vgen_copy_kept.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g2nu0rr1m0a0nvpcr', 'vgen_copy_broken', 'completed', 3, 'evt_06hhgn2g2ma5np9b3khk01jk', 1800000000021, '{"outputs":[["https://cdn.test/vgen_copy_broken.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g2pe0pf3dgmvl0k3m', 'vgen_copy_waits', 'completed', 3, 'evt_06hhgn2g2p9o6kb00fe3jpcu', 1800000000022, '{"outputs":[["https://cdn.test/vgen_copy_waits.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2g2t3slv2lmhp1icn9', 'vgen_copy_hand', 'completed', 3, 'evt_06hhgn2g2tmrbh1mt3q053an', 1800000000023, '{"outputs":[["https://cdn.test/vgen_copy_hand.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2gch83s7592p6rcrs0', 'vgen_job_done', 'completed', 3, NULL, 1800000000100, '{"batch_id":"list-1","credits":55.0,"outputs":[["https://cdn.test/vgen_job_done.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2gckfva78l558h2bte', 'vgen_job_failed', 'failed', 2, NULL, 1800000000101, '{"error":"content policy","credits":10.0,"credits_refunded":10.0}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2gf4fji4h1dg9uvai7', 'pipe_voice', 'completed', 3, NULL, 1800000000121, '{"outputs":[["https://cdn.test/pipe_voice.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2ggeud38rm4n9alrjp', 'pipe2_voice', 'completed', 3, NULL, 1800000000131, '{"outputs":[["https://cdn.test/pipe2_voice.mp4","video/mp4",null]]}');
insert into "result" (id, generation_id, status, rank, event_id, received_at, details) values ('res_06hhgn2gggbqtamkcpo9d8po', 'pipe2_video', 'completed', 3, NULL, 1800000000132, '{"outputs":[["https://cdn.test/pipe2_video.mp4","video/mp4",null]]}');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g02058egc5jagj0p1', 'res_06hhgn2g02r0aksv6kbkthr6', 'vgen_delivered', 'sheet', 'delivered', NULL, NULL, '', 1, 0, 1800000000007, 'https://sheets.test/1', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g05k9gt38j8qlgde3', 'res_06hhgn2g044l88019n9g6uc7', 'vgen_failed', 'sheet', 'failed', NULL, NULL, '', 1, 0, 1800000000007, '', 'the row is protected');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g0a9jps8bb91oaol9', 'res_06hhgn2g080grg8j2ctnni3i', 'vgen_retrying', 'sheet', 'retrying', 1800003600000, NULL, '', 1, 1, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g0e9bgaf5cv0h0rjq', 'res_06hhgn2g0cbmnmoei2dh0guj', 'vgen_skipped', 'sheet', 'skipped', NULL, NULL, '', 0, 0, 1800000000004, '', 'superseded: the generation is now completed');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g0lgl1dcnn96s6mro', 'res_06hhgn2g0mfefajcmimgb45i', 'vgen_leased', 'sheet', 'pending', 1800000010005, 1800000010005, '', 1, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g0r3e3lt5s88lhvm6', 'res_06hhgn2g0r0suv936rcmg5m5', 'vgen_pending', 'sheet', 'pending', 1800000000006, NULL, '', 0, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g0rrkhdh5q6e01p4j', 'res_06hhgn2g0r0suv936rcmg5m5', 'vgen_pending', 'shop', 'pending', 1800000000006, NULL, '', 0, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g0su38tkheci4lstp', 'res_06hhgn2g0vlq1th6hr2f9h2v', 'vgen_batch_1', 'shop', 'pending', 1800000000007, NULL, '', 0, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g0v1skiq9391ehbqv', 'res_06hhgn2g0skk36daqnk3252f', 'vgen_batch_2', 'shop', 'pending', 1800000000007, NULL, '', 0, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g126afr205poj8fus', 'res_06hhgn2g11cbtqf71dcv7va1', 'vgen_paced', 'chat', 'delivered', NULL, NULL, '', 1, 0, 1800000000007, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g2itoc5ne0jvm8403', 'res_06hhgn2g2jp47ip3o7g73bis', 'vgen_copy_kept', 'sheet', 'pending', 1800000000031, NULL, '', 0, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g2nqqsp584h1ff1lv', 'res_06hhgn2g2nu0rr1m0a0nvpcr', 'vgen_copy_broken', 'sheet', 'pending', 1800000000031, NULL, '', 0, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g2pbb10cj6nbacv79', 'res_06hhgn2g2pe0pf3dgmvl0k3m', 'vgen_copy_waits', 'sheet', 'pending', 1800000600022, NULL, '', 0, 0, NULL, '', 'waits for the archive''s copy');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2g2tvbb0tlk2v2bkki', 'res_06hhgn2g2t3slv2lmhp1icn9', 'vgen_copy_hand', 'sheet', 'pending', 1800000600023, NULL, '', 0, 0, NULL, '', 'waits for the archive''s copy');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2gcjl5iamia5c5o973', 'res_06hhgn2gch83s7592p6rcrs0', 'vgen_job_done', 'sheet', 'pending', 1800000000100, NULL, '', 0, 0, NULL, '', '');
insert into "delivery" (id, result_id, generation_id, connection, status, due_at, leased_until, leased_by, token, tries, settled_at, link, note) values ('dlv_06hhgn2gcl2busc9u9a6mg0b', 'res_06hhgn2gckfva78l558h2bte', 'vgen_job_failed', 'sheet', 'pending', 1800000000101, NULL, '', 0, 0, NULL, '', '');
insert into "attempt" (delivery_id, token, outcome, started_at, milliseconds, http_status, message, answer) values ('dlv_06hhgn2g02058egc5jagj0p1', 1, 'done', 1800000000000, 7, NULL, '', '');
insert into "attempt" (delivery_id, token, outcome, started_at, milliseconds, http_status, message, answer) values ('dlv_06hhgn2g05k9gt38j8qlgde3', 1, 'failed', 1800000000000, 7, NULL, 'the row is protected', '');
insert into "attempt" (delivery_id, token, outcome, started_at, milliseconds, http_status, message, answer) values ('dlv_06hhgn2g0a9jps8bb91oaol9', 1, 'retry', 1800000000002, 7, NULL, '', '');
insert into "attempt" (delivery_id, token, outcome, started_at, milliseconds, http_status, message, answer) values ('dlv_06hhgn2g126afr205poj8fus', 1, 'done', 1800000000000, 7, NULL, '', '');
insert into "pause" (connection, since, until, why, fingerprint) values ('shop', 1800000000000, NULL, 'answered 401', 'abc');
insert into "memory" (connection, scope, content) values ('sheet', 'vgen_leased', '{"ts":"171.5"}');
insert into "memory" (connection, scope, content) values ('sheet', 'batch vb_1', '{"parent":"9.1"}');
insert into "rate" (target, next_at) values ('slack:1', 1800000002008);
insert into "archive" (result_id, number, url, status, due_at, leased_until, token, tries, shelf, key, type, size, sha256, note, archived_at) values ('res_06hhgn2g2jp47ip3o7g73bis', 1, 'https://cdn.test/vgen_copy_kept.mp4', 'archived', NULL, NULL, 1, 0, 'local', '2027/01/vgen_copy_kept-1.png', 'image/png', 100, 'abababababababababababababababababababababababababababababababab', '', 1800000000031);
insert into "archive" (result_id, number, url, status, due_at, leased_until, token, tries, shelf, key, type, size, sha256, note, archived_at) values ('res_06hhgn2g2nu0rr1m0a0nvpcr', 1, 'https://cdn.test/vgen_copy_broken.mp4', 'failed', NULL, NULL, 1, 1, '', '', '', NULL, '', '404', NULL);
insert into "archive" (result_id, number, url, status, due_at, leased_until, token, tries, shelf, key, type, size, sha256, note, archived_at) values ('res_06hhgn2g2pe0pf3dgmvl0k3m', 1, 'https://cdn.test/vgen_copy_waits.mp4', 'pending', 1800000000032, NULL, 1, 0, '', '', '', NULL, '', '', NULL);
insert into "archive" (result_id, number, url, status, due_at, leased_until, token, tries, shelf, key, type, size, sha256, note, archived_at) values ('res_06hhgn2g2t3slv2lmhp1icn9', 1, 'https://cdn.test/vgen_copy_hand.mp4', 'pending', 1800000010030, 1800000010030, 1, 0, '', '', '', NULL, '', '', NULL);
insert into "connection" (name, kind, options, wants, sealed_fields, sealed, revision, removed_at) values ('sheet', 'sheets', '{"tab": "Zoë"}', '{"kinds": "video"}', 'token', 'sealed words', 2, NULL);
insert into "connection" (name, kind, options, wants, sealed_fields, sealed, revision, removed_at) values ('gone', 'webhook', '{}', '{}', '', '', 4, 1800000000040);
insert into "connection_revision" (id, number) values (1, 4);
insert into "shop_event" (id, connection, webhook_id, topic, shop, received_at, body, look_at, looks, note, job_id) values ('shp_06hhgn2grjtqa6bmtttustq3', 'shopify', 'w1', 'products/create', 'mugs.myshopify.com', 1800000000220, X'7B226964223A20317D', 1800000010000, 1, 'The product has no picture yet.', '');
insert into "shop_event" (id, connection, webhook_id, topic, shop, received_at, body, look_at, looks, note, job_id) values ('shp_06hhgn2grkibf9nk4jqqot14', 'shopify', 'w2', 'products/create', 'mugs.myshopify.com', 1800000000221, X'7B226964223A20317D', 1800000000221, 0, '', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gcies6gi8c2b8hdd9', '6qQ_i4Bl9H7cSWod3rY_Wm3G', 'text-to-video', 'video', '{"prompt":"completed teapot"}', '{"sku":"DONE-1"}', 'api', 'list-1', '', '', '{}', 1, 'video', 1, 1, 'completed', '', '', 60.0, 55.0, NULL, 'answer', 'key-done', 'd1', 0, 1800000000100, NULL, 0, 1, 1800000000100, NULL, 'vgen_job_done', NULL, 0, NULL, 0, 1800000000100, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gcksht00m3esjv56q', '5C0IFhkYpou7EApaZzgArD8H', 'text-to-video', 'video', '{"prompt":"failed teapot"}', '{"sku":"FAIL-1"}', 'api', '', '', '', '{}', 1, 'video', 1, 1, 'failed', 'content policy', '', 60.0, 10.0, 10.0, 'answer', '', '', 0, 1800000000101, NULL, 0, 1, 1800000000101, NULL, 'vgen_job_failed', NULL, 0, NULL, 0, 1800000000101, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gco57mq70ikl3t7di', 'soxBLZuj7SvegvZ7uOF8KFt5', 'image-to-video', 'video', '{"prompt":"running teapot"}', '{"sku":"RUN-1"}', 'api', '', '', '', '{}', 1, 'video', 1, 1, 'processing', '', '', 60.0, 30.0, NULL, '', '', '', 0, 1800000000102, NULL, 0, 1, 1800000000102, 1800000600102, 'vgen_job_running', 1800000010102, 0, NULL, 1, NULL, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gcsgikiecbh3blamt', 'Vrabff5oEg-jzJ2zV8hmtL8-', 'voice', 'voice', '{"text":"held"}', '{"sku":"HELD-1"}', 'api', '', '', '', '{}', 1, 'other', 0, 1, 'held', 'The answer was lost.', '', 8.0, NULL, NULL, '', '', '', 0, 1800000000103, NULL, 0, 1, 1800000000103, NULL, '', NULL, 0, NULL, 0, NULL, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gd3c5h1m41cuorms4', 'i0gPz1dkseQUd_CPrT8x7UTQ', 'voice', 'voice', '{"text":"no money"}', '{"sku":"MONEY-1"}', 'api', '', '', '', '{}', 1, 'other', 0, 1, 'held', 'Not enough credits.', '', 8.0, NULL, NULL, '', '', '', 0, 1800000000104, 1803000000100, 0, 1, NULL, NULL, '', NULL, 0, NULL, 0, NULL, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gd4ibfflke4s8oe51', 'eXq5lu0m83C7M2nMXZSROsiu', 'voice', 'voice', '{"prompt":"A mug"}', '{"sku":"CANC-1"}', 'api', '', '', '', '{}', 1, 'other', 0, 1, 'canceled', '', '', 8.0, NULL, NULL, '', '', '', 0, 1800000000105, NULL, 0, 0, NULL, NULL, '', NULL, 0, NULL, 0, 1800000000105, 0, NULL, '', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gdaakhh4rdobisp22', '-C8J-cclTn2ac8UNXyDWRHP5', 'voice', 'voice', '{"text":"in hand"}', '{"sku":"SENT-1"}', 'api', '', '', '', '{}', 1, 'other', 0, 1, 'submitted', '', '', 8.0, NULL, NULL, '', '', '', 0, 1800000000106, NULL, 0, 1, 1800000000106, NULL, '', NULL, 0, NULL, 0, NULL, 1, 1800000010106, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gddhu4fhmp53hhj35', 'cd_h3JtVscPhslrxpBMGFaKc', 'text-to-video', 'video', '{"prompt":"queued teapot"}', '{"sku":"QUEUE-1"}', 'api', '', '', '', '{}', 1, 'video', 1, 1, 'queued', '', '', 60.0, NULL, NULL, '', '', '', 0, 1800000000107, 1800000000107, 0, 0, NULL, NULL, '', NULL, 0, NULL, 0, NULL, 0, NULL, '', 'share_06hhgn2g6aj3lrl7be75tik1');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gdjolvt5j7d3ir3ol', 'LMTRdGLuJh4aFkmacagBrVwa', 'text-to-video', 'video', '{"prompt":"A mug"}', '{"row":"7"}', 'elsewhere', '', '', '', '{}', 1, 'video', 1, 1, 'processing', '', '', 60.0, NULL, NULL, '', '', '', 0, 1800000000108, NULL, 0, 0, 1800000000108, 1800000600108, 'vgen_elsewhere', 1800000000108, 0, NULL, 0, NULL, 0, NULL, '', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gdmuqnkubv783khp2', 'LAqumn-7xLVDe-dDKTuQlhPq', 'video-batch', 'video', '{"prompts":["a","b"]}', '{"sku":"VB-1"}', 'api', 'list-2', '', '', '{}', 1, 'video', 2, 2, 'queued', '', '', 60.0, NULL, NULL, '', '', '', 0, 1800000000109, 1800000000109, 0, 0, NULL, NULL, '', NULL, 0, NULL, 0, NULL, 0, NULL, '', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gf2q973vi409fa11d', 'fJARx16Zkc_d97dLPgcK9B-p', 'voice', 'voice', '{"prompt":"A mug"}', '{"sku":"MUG-1"}', 'api', '', 'pipe_06hhgn2gf1jn61kfjt2k5mrt', 'video', '{}', 0, 'other', 0, 1, 'queued', '', '', 60.0, NULL, NULL, '', '', '', 0, 1800000000120, 1800000000120, 0, 0, NULL, NULL, '', NULL, 0, NULL, 0, NULL, 0, NULL, '', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gf022u433cegtll2c', '2UCwwUCglXhxcssyYtF6AZ1R', 'voice', 'voice', '{"prompt":"A mug"}', '{"sku":"MUG-1"}', 'api', '', 'pipe_06hhgn2gf1jn61kfjt2k5mrt', 'voice', '{}', 0, 'other', 0, 1, 'completed', '', '', 60.0, 30.0, NULL, 'answer', '', '', 0, 1800000000120, NULL, 0, 1, 1800000000121, NULL, 'pipe_voice', NULL, 0, NULL, 0, 1800000000121, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2gf202e3ea6km5dgv5', 'PS1pNyKdXJDJ5sl90wLFIHZq', 'voice', 'voice', '{"replace_audio":false}', '{"sku":"MUG-1"}', 'api', '', 'pipe_06hhgn2gf1jn61kfjt2k5mrt', 'compose', '{"video_url":"video","audio_url":"voice"}', 1, 'other', 0, 1, 'queued', 'Waits for video.', '', 60.0, NULL, NULL, '', '', '', 0, 1800000000120, NULL, 0, 0, NULL, NULL, '', NULL, 0, NULL, 0, NULL, 0, NULL, '', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2ggbg16rtjgu0n708b', 'm0k9oq-_XW5BEKhtBmqkCpTJ', 'voice', 'voice', '{"prompt":"A mug"}', '{"sku":"MUG-1"}', 'api', '', 'pipe_06hhgn2gg92k4ak16vtgc82b', 'video', '{}', 0, 'other', 0, 1, 'completed', '', '', 60.0, 30.0, NULL, 'answer', '', '', 0, 1800000000130, NULL, 0, 1, 1800000000132, NULL, 'pipe2_video', NULL, 0, NULL, 0, 1800000000132, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2ggatlovofh7m8kgll', 'Oo5VLNZ2_zHWXlULYXSmHkra', 'voice', 'voice', '{"prompt":"A mug"}', '{"sku":"MUG-1"}', 'api', '', 'pipe_06hhgn2gg92k4ak16vtgc82b', 'voice', '{}', 0, 'other', 0, 1, 'completed', '', '', 60.0, 30.0, NULL, 'answer', '', '', 0, 1800000000130, NULL, 0, 1, 1800000000131, NULL, 'pipe2_voice', NULL, 0, NULL, 0, 1800000000131, 1, NULL, 'submit', '');
insert into "job" (id, reference, kind, makes, wish, context, source, batch_id, pipeline_id, step, inputs, delivers, lane, videos, children, status, why, param, estimate, credits, refunded, found, idempotency_key, digest, turn, created_at, due_at, tries, submission, submitted_at, slot_until, vendor_id, look_at, looks, looked_at, uploads, settled_at, token, leased_until, leased_for, asked_by) values ('job_06hhgn2ggbefkpob74ouc4c6', 'N6aNm852N2qZY5RWajeLxxKv', 'voice', 'voice', '{"replace_audio":false}', '{"sku":"MUG-1"}', 'api', '', 'pipe_06hhgn2gg92k4ak16vtgc82b', 'compose', '{"video_url":"video","audio_url":"voice"}', 1, 'other', 0, 1, 'queued', 'Waits for video and voice.', '', 60.0, NULL, NULL, '', '', '', 0, 1800000000130, NULL, 0, 0, NULL, NULL, '', NULL, 0, NULL, 0, NULL, 0, NULL, '', '');
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (1, 'key-1', 'video', 1, 1800000000100, 'job_06hhgn2gcies6gi8c2b8hdd9', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (2, 'key-1', 'video', 1, 1800000000101, 'job_06hhgn2gcksht00m3esjv56q', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (3, 'key-1', 'video', 1, 1800000000102, 'job_06hhgn2gco57mq70ikl3t7di', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (4, 'key-1', 'other', 0, 1800000000103, 'job_06hhgn2gcsgikiecbh3blamt', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (5, 'key-1', 'other', 0, 1800000000104, 'job_06hhgn2gd3c5h1m41cuorms4', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (6, 'key-1', 'other', 0, 1800000010106, 'job_06hhgn2gdaakhh4rdobisp22', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (7, 'key-1', 'other', 0, 1800000000121, 'job_06hhgn2gf022u433cegtll2c', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (8, 'key-1', 'other', 0, 1800000000131, 'job_06hhgn2ggatlovofh7m8kgll', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (9, 'key-1', 'other', 0, 1800000000132, 'job_06hhgn2ggbg16rtjgu0n708b', 1);
insert into "vendor_call" (id, account, lane, videos, at, job_id, token) values (10, 'key-1', 'other', 0, 1800000005151, 'ask_06hhgn2gitbcivsko5ua00s3', 0);
insert into "account" (account, request_limit, remaining, told_at, reset_at, paused_since, paused_until, paused_why) values ('other-key', NULL, NULL, 0, NULL, 1800000000150, NULL, 'The key was refused.');
insert into "lane_hold" (account, lane, until) values ('key-1', 'look', 1800000000160);
insert into "pipeline" (id, name, context, created_at, idempotency_key, digest) values ('pipe_06hhgn2gf1jn61kfjt2k5mrt', 'ad', '{"sku":"A"}', 1800000000120, '', '');
insert into "pipeline" (id, name, context, created_at, idempotency_key, digest) values ('pipe_06hhgn2gg92k4ak16vtgc82b', 'ad', '{"sku":"A"}', 1800000000130, 'pipe-2', 'dp');
insert into "api_token" (id, name, digest, created_at, used_at, revoked_at) values ('tok_06hhgn2gp1k707otgioooiln', 'make', 'abababababababababababababababababababababababababababababababab', 1800000000200, 1800000000300, NULL);
insert into "api_token" (id, name, digest, created_at, used_at, revoked_at) values ('tok_06hhgn2gp55i0r99h5cl66jj', 'old', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 1800000000201, NULL, 1800000000202);
insert into "unsigned_event" (id, digest, received_at, headers, body, label, query, look_at, tries) values ('uns_06hhgn2gu044mr3hr09rjk35', '0e31f001bfc572961e5d52a2be1d41ad8a9971729d4d6366a23a36f04d988e9e', 1800000000240, '{"x-creativeai-event":"video"}', X'7667656E5F756E7369676E6564', 'n8n', 'sku=U-1', 1800000000240, 0);
insert into "setting" (name, value) values ('creativeai_unsigned', 'confirm');
insert into "setting" (name, value) values ('signed_out', '1');
insert into "setting" (name, value) values ('webhook_secret', 'sealed');
insert into "sign_in_try" (who, at) values ('203.0.113.9', 1800000000210);
insert into "share_link" (id, name, opens, fixed, budget, created_at, expires_at, revoked_at) values ('share_06hhgn2g6aj3lrl7be75tik1', 'Anna', 'text-to-video', '{"duration":"5"}', 200.0, 1800000000050, NULL, NULL);
insert into "share_link" (id, name, opens, fixed, budget, created_at, expires_at, revoked_at) values ('share_06hhgn2g6emcbr2eectkgtb6', 'Ben', 'text-to-video', '{}', 10.0, 1800000000051, 1800000000060, 1800000000052);
insert into "job_search" (rowid, job_id, words) values (1, 'job_06hhgn2gcies6gi8c2b8hdd9', 'job_06hhgn2gcies6gi8c2b8hdd9  completed teapot DONE-1 list-1');
insert into "job_search" (rowid, job_id, words) values (2, 'job_06hhgn2gcksht00m3esjv56q', 'job_06hhgn2gcksht00m3esjv56q  failed teapot FAIL-1 ');
insert into "job_search" (rowid, job_id, words) values (3, 'job_06hhgn2gco57mq70ikl3t7di', 'job_06hhgn2gco57mq70ikl3t7di  running teapot RUN-1 ');
insert into "job_search" (rowid, job_id, words) values (4, 'job_06hhgn2gcsgikiecbh3blamt', 'job_06hhgn2gcsgikiecbh3blamt  held HELD-1 ');
insert into "job_search" (rowid, job_id, words) values (5, 'job_06hhgn2gd3c5h1m41cuorms4', 'job_06hhgn2gd3c5h1m41cuorms4  no money MONEY-1 ');
insert into "job_search" (rowid, job_id, words) values (6, 'job_06hhgn2gd4ibfflke4s8oe51', 'job_06hhgn2gd4ibfflke4s8oe51  A mug CANC-1 ');
insert into "job_search" (rowid, job_id, words) values (7, 'job_06hhgn2gdaakhh4rdobisp22', 'job_06hhgn2gdaakhh4rdobisp22  in hand SENT-1 ');
insert into "job_search" (rowid, job_id, words) values (8, 'job_06hhgn2gddhu4fhmp53hhj35', 'job_06hhgn2gddhu4fhmp53hhj35  queued teapot QUEUE-1 ');
insert into "job_search" (rowid, job_id, words) values (9, 'job_06hhgn2gdjolvt5j7d3ir3ol', 'job_06hhgn2gdjolvt5j7d3ir3ol vgen_elsewhere A mug 7 ');
insert into "job_search" (rowid, job_id, words) values (10, 'job_06hhgn2gdmuqnkubv783khp2', 'job_06hhgn2gdmuqnkubv783khp2  VB-1 list-2');
insert into "job_search" (rowid, job_id, words) values (11, 'job_06hhgn2gf2q973vi409fa11d', 'job_06hhgn2gf2q973vi409fa11d  A mug MUG-1 ');
insert into "job_search" (rowid, job_id, words) values (12, 'job_06hhgn2gf022u433cegtll2c', 'job_06hhgn2gf022u433cegtll2c  A mug MUG-1 ');
insert into "job_search" (rowid, job_id, words) values (13, 'job_06hhgn2gf202e3ea6km5dgv5', 'job_06hhgn2gf202e3ea6km5dgv5  MUG-1 ');
insert into "job_search" (rowid, job_id, words) values (14, 'job_06hhgn2ggbg16rtjgu0n708b', 'job_06hhgn2ggbg16rtjgu0n708b  A mug MUG-1 ');
insert into "job_search" (rowid, job_id, words) values (15, 'job_06hhgn2ggatlovofh7m8kgll', 'job_06hhgn2ggatlovofh7m8kgll  A mug MUG-1 ');
insert into "job_search" (rowid, job_id, words) values (16, 'job_06hhgn2ggbefkpob74ouc4c6', 'job_06hhgn2ggbefkpob74ouc4c6  MUG-1 ');
insert into "archive_total" (status, shelf, number, size) values ('archived', 'local', 1, 100);
insert into "archive_total" (status, shelf, number, size) values ('failed', '', 1, 0);
insert into "archive_total" (status, shelf, number, size) values ('pending', '', 2, 0);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX delivery_due on delivery (connection, due_at) where due_at is not null;
CREATE INDEX delivery_leased on delivery (connection, leased_until) where leased_until is not null;
CREATE INDEX delivery_generation on delivery (generation_id, connection);
CREATE INDEX delivery_status on delivery (status, id);
CREATE INDEX result_event on result (event_id);
CREATE INDEX archive_due on archive (due_at) where due_at is not null;
CREATE INDEX archive_status on archive (status, shelf, size);
CREATE UNIQUE INDEX job_idempotency on job (idempotency_key) where idempotency_key <> '';
CREATE UNIQUE INDEX job_elsewhere on job (vendor_id) where source = 'elsewhere';
CREATE INDEX job_line on job (lane, turn, id) where due_at is not null;
CREATE INDEX job_running on job (lane, slot_until) where slot_until is not null;
CREATE INDEX job_look on job (look_at) where look_at is not null;
CREATE INDEX job_leased on job (leased_until) where leased_until is not null;
CREATE INDEX job_waiting on job (status, due_at, pipeline_id, id) where status = 'queued' and due_at is null;
CREATE INDEX job_status on job (status, id);
CREATE INDEX job_batch on job (batch_id, id) where batch_id <> '';
CREATE INDEX job_pipeline on job (pipeline_id, id) where pipeline_id <> '';
CREATE INDEX job_vendor on job (vendor_id) where vendor_id <> '';
CREATE INDEX generation_job on generation (job_id) where job_id <> '';
CREATE INDEX generation_created on generation (created_at, id);
CREATE INDEX vendor_call_at on vendor_call (account, at);
CREATE INDEX vendor_call_lane on vendor_call (account, lane, at);
CREATE UNIQUE INDEX pipeline_idempotency on pipeline (idempotency_key) where idempotency_key <> '';
CREATE INDEX unsigned_event_newest on unsigned_event (received_at, id, look_at);
CREATE INDEX unsigned_event_crowd on unsigned_event (tries, received_at, id);
CREATE INDEX shop_event_look on shop_event (look_at) where look_at is not null;
CREATE INDEX sign_in_try_who on sign_in_try (who, at);
CREATE INDEX sign_in_try_at on sign_in_try (at);
CREATE INDEX job_asked_by on job (asked_by, id) where asked_by <> '';
CREATE INDEX delivery_connection on delivery (connection, id);
CREATE INDEX delivery_connection_status on delivery (connection, status, id);
CREATE INDEX job_spent on job (submitted_at, source, credits, estimate, refunded)
where submitted_at is not null;
CREATE VIEW delivery_summary as
select
    d.id, d.generation_id, r.status as result_status, g.kind, d.connection, d.status, d.token as attempts,
    d.due_at, d.settled_at, d.link, d.note
from delivery d
cross join result r on r.id = d.result_id
cross join generation g on g.id = d.generation_id;
CREATE VIEW replayable_delivery as
select d.id, d.generation_id, d.connection, d.status, d.leased_until
from delivery d
cross join result r on r.id = d.result_id
cross join generation g on g.id = d.generation_id
where d.status <> 'skipped' and r.rank = g.rank
    and not exists (select 1 from connection c where c.name = d.connection and c.removed_at is not null);
CREATE TRIGGER archive_added after insert on archive
begin
    insert into archive_total (status, shelf, number, size)
    values (new.status, new.shelf, 1, coalesce(new.size, 0))
    on conflict (status, shelf) do update set number = number + 1, size = size + excluded.size;
end;
CREATE TRIGGER archive_changed after update of status, shelf, size on archive
begin
    update archive_total set number = number - 1, size = size - coalesce(old.size, 0)
    where status = old.status and shelf = old.shelf;
    insert into archive_total (status, shelf, number, size)
    values (new.status, new.shelf, 1, coalesce(new.size, 0))
    on conflict (status, shelf) do update set number = number + 1, size = size + excluded.size;
end;
CREATE TRIGGER archive_removed after delete on archive
begin
    update archive_total set number = number - 1, size = size - coalesce(old.size, 0)
    where status = old.status and shelf = old.shelf;
end;
CREATE INDEX job_kind on job (kind, id);
CREATE INDEX job_kind_status on job (kind, status, id);
