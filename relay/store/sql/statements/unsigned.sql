-- Webhooks without a signature, kept apart until the vendor confirms them.

-- name: find_job_to_poll
-- A job whose poll would answer for this generation or batch, also one that is done.
select id, polled_at from job
where vendor_id = :vendor_id and vendor_id <> '' and status in ('processing', 'held', 'failed', 'completed')
union all
select j.id, j.polled_at from generation g
join job j on j.id = g.job_id and j.submission = g.submission
where g.id = :vendor_id and g.job_id <> '' and j.vendor_id <> ''
    and j.status in ('processing', 'held', 'failed', 'completed')
limit 1;

-- name: poll_sooner
-- Poll a job no later than this.
update job set poll_at = :poll_at
where id = :id and leased_until is null and status in ('processing', 'held', 'failed')
    and (poll_at is null or poll_at > :poll_at);

-- name: insert_unsigned
-- Keep an unsigned webhook; no row when the same one is kept.
insert into unsigned_event (id, digest, received_at, headers, body, label, query, poll_at)
values (:id, :digest, :now, :headers, :body, :label, :query, :now)
on conflict (digest) do nothing
returning id;

-- name: forget_unsigned
-- Forget those that are too old to be confirmed.
delete from unsigned_event where received_at <= :before;

-- name: crowd_out_unsigned
-- Drop what is beyond the limit: those asked about most often first, then the oldest, never the newest.
delete from unsigned_event where id in (
    select id from unsigned_event where id <> :id
    order by tries desc, received_at, id
    limit (
        select case when count(*) > :most then count(*) - :most else 0 end from unsigned_event
    )
);

-- name: next_unsigned
-- The newest that is due: behind a flood of forged ones a genuine one would wait longer than it is kept.
select * from unsigned_event
where id = (
    select id from unsigned_event where poll_at <= :now order by received_at desc, id desc limit 1
);

-- name: unsigned_poll_since
-- Whether an unsigned webhook was asked about since this moment.
select 1 from vendor_call
where account = :account and rate_bucket = 'poll' and at > :since and substr(job_id, 1, 4) = 'uns_' limit 1;

-- name: lease_unsigned
-- Due again at this moment, should the answer be lost.
update unsigned_event set poll_at = :poll_at where id = :id;

-- name: reschedule_unsigned
-- Not confirmed so far: count that and ask again later.
update unsigned_event set poll_at = :until, tries = tries + 1 where id = :id;

-- name: delete_unsigned
-- Confirmed or refuted: forget it.
delete from unsigned_event where id = :id;
