-- Statements of what stands around jobs and deliveries: pipelines, tokens, webhooks that nobody signed, and
-- what the API reads. As in core.sql.

-- ---- webhooks that nobody signed

-- A job that a look at its vendor's id tells all about this generation or batch, or that is done.
-- name: find_job_to_poll
select id, polled_at from job
where vendor_id = :vendor_id and vendor_id <> '' and status in ('processing', 'held', 'failed', 'completed')
union all
select j.id, j.polled_at from generation g
join job j on j.id = g.job_id and j.submission = g.submission
where g.id = :vendor_id and g.job_id <> '' and j.vendor_id <> ''
    and j.status in ('processing', 'held', 'failed', 'completed')
limit 1;

-- name: poll_sooner
update job set poll_at = :poll_at
where id = :id and leased_until is null and status in ('processing', 'held', 'failed')
    and (poll_at is null or poll_at > :poll_at);

-- name: insert_unsigned
insert into unsigned_event (id, digest, received_at, headers, body, label, query, poll_at)
values (:id, :digest, :now, :headers, :body, :label, :query, :now)
on conflict (digest) do nothing
returning id;

-- name: forget_unsigned
delete from unsigned_event where received_at <= :before;

-- Who comes last stays.
-- name: crowd_out_unsigned
delete from unsigned_event where id in (
    select id from unsigned_event where id <> :id
    order by tries desc, received_at, id
    limit max(0, (select count(*) from unsigned_event) - :most)
);

-- The newest first: behind a flood of forged ones, a real one would wait for longer than it is kept.
-- name: next_unsigned
select * from unsigned_event
where id = (
    select id from unsigned_event where poll_at <= :now order by received_at desc, id desc limit 1
);

-- name: unsigned_poll_since
select 1 from vendor_call
where account = :account and rate_bucket = 'poll' and at > :since and substr(job_id, 1, 4) = 'uns_' limit 1;

-- name: lease_unsigned
update unsigned_event set poll_at = :poll_at where id = :id;

-- name: reschedule_unsigned
update unsigned_event set poll_at = :until, tries = tries + 1 where id = :id;

-- name: delete_unsigned
delete from unsigned_event where id = :id;

-- ---- tokens

-- name: insert_token
insert into api_token (id, name, digest, created_at) values (:id, :name, :digest, :now);

-- name: list_tokens
select id, name, created_at, used_at, revoked_at from api_token order by id;

-- name: revoke_token
update api_token set revoked_at = :now where id = :id and revoked_at is null returning id;

-- name: find_token
select id, name, created_at, used_at, revoked_at from api_token
where digest = :digest and revoked_at is null;

-- name: note_use_of_token
update api_token set used_at = :now where id = :id and (used_at is null or used_at < :now);

-- ---- one thing with all that is kept of it

-- name: find_event
select
    e.id, e.delivery_id, e.status, e.name, e.label, e.secret, e.received_at, e.repeats, e.changed,
    coalesce((
        select group_concat(d.connection || ' ' || d.status, ', ')
        from result r join delivery d on d.result_id = r.id
        where r.event_id = e.id
    ), '') as deliveries
from event e
where e.id = :id;

-- No row: the event is unknown, or so old that its body was pruned.
-- name: find_event_body
select headers, body from event_body where event_id = :id;

-- name: find_delivery
select * from delivery_summary where id = :id;

-- The vendor's ids do not sort by time; an unknown `before` begins at the newest.
-- name: list_generations
select id, kind, status_rank, context, job_id, created_at, updated_at from generation
where (created_at, id) < (
    coalesce((select created_at from generation where id = :before), 9000000000000000), :before
)
order by created_at desc, id desc
limit :limit;

-- name: find_generation
select id, kind, status_rank, context, job_id, created_at, updated_at from generation where id = :id;

-- name: list_results
select
    r.generation_id, r.status, r.details, r.received_at, r.event_id, g.kind,
    (select group_concat(a.number || ' ' || a.storage || ' ' || a.key, ',')
        from archive_copy a where a.result_id = r.id and a.status = 'archived') as copies
from result r join generation g on g.id = r.generation_id
where r.generation_id = :generation_id
order by r.status_rank;

-- ---- pipelines

-- No row: its idempotency key is known.
-- name: insert_pipeline
insert into pipeline (id, name, context, created_at, idempotency_key, digest)
values (:id, :name, :context, :now, :idempotency_key, :digest)
on conflict do nothing
returning id;

-- name: find_pipeline_by_key
select id, digest from pipeline where idempotency_key = :idempotency_key and idempotency_key <> '';

-- name: find_pipeline
select name, context, created_at from pipeline where id = :id;

-- name: list_pipelines
select
    p.id, p.name, p.context, p.created_at,
    (select group_concat(j.status, ',') from job j
        where j.pipeline_id = p.id and j.pipeline_id <> '') as statuses,
    (select sum(j.estimate) from job j where j.pipeline_id = p.id and j.pipeline_id <> '') as estimate
from pipeline p
where p.id < :before
order by p.id desc
limit :limit;

-- Those that wait and need no more. What a step needs stands in its inputs as :"name".
-- name: list_ready_steps
select w.* from job w
where w.status = 'queued' and w.due_at is null and w.inputs <> '{}' and not exists (
    select 1 from job s
    where s.pipeline_id = w.pipeline_id and s.pipeline_id <> '' and s.status <> 'completed'
        and replace(w.inputs, ':"' || s.step || '"', '') <> w.inputs
)
order by w.pipeline_id, w.id
limit :limit;

-- Those that wait, once for each step that they need.
-- name: list_awaited_steps
select w.id, w.status_reason, s.step, s.status
from job w join job s
    on s.pipeline_id = w.pipeline_id and s.pipeline_id <> ''
    and replace(w.inputs, ':"' || s.step || '"', '') <> w.inputs
where w.status = 'queued' and w.due_at is null and w.inputs <> '{}';

-- name: list_steps
select id, step from job where pipeline_id = :pipeline_id and pipeline_id <> '';

-- name: list_results_of_job
select
    r.generation_id, r.status, r.details, r.received_at, r.event_id, g.kind,
    (select group_concat(a.number || ' ' || a.storage || ' ' || a.key, ',')
        from archive_copy a where a.result_id = r.id and a.status = 'archived') as copies
from generation g join result r on r.generation_id = g.id
where g.job_id = :job_id and g.job_id <> '' and r.status = :status
order by r.received_at, r.id;

-- name: begin_step
update job set input = :input, status_reason = '', due_at = :now
where id = :id and status = 'queued' and due_at is null and inputs <> '{}'
returning id;

-- name: fail_step
update job set status = 'failed', status_reason = :status_reason, settled_at = :now
where id = :id and status = 'queued' and due_at is null and inputs <> '{}'
returning id;

-- name: explain_step
update job set status_reason = :status_reason
where id = :id and status = 'queued' and due_at is null and inputs <> '{}';
