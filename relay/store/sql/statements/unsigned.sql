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

-- name: find_unsigned
-- Whether the same unsigned webhook is kept.
select 1 from unsigned_event where digest = :digest;

-- name: insert_unsigned
-- Keep an unsigned webhook.
insert into unsigned_event (id, digest, received_at, headers, body, label, query, poll_at, sender, vendor_id, turn)
values (:id, :digest, :now, :headers, :body, :label, :query, :now, :sender, :vendor_id, :turn);

-- name: forget_unsigned
-- Forget those that are too old to be confirmed.
delete from unsigned_event where received_at <= :before;

-- name: unsigned_room
-- How many there are, in all and of one sender, and the last turn that this sender took.
select count(*) as held, coalesce(sum(case when sender = :sender then 1 else 0 end), 0) as mine,
    max(case when tries = 0 and sender = :sender then turn end) as last_turn
from unsigned_event;

-- name: crowd_out_unsigned
-- Make room for a sender: drop one that was asked about in vain, of the sender who has most, never of one who has
-- fewer; no row when there is none such.
delete from unsigned_event where id = (
    select u.id from unsigned_event u
    join (select sender, count(*) as number from unsigned_event group by sender) s on s.sender = u.sender
    where u.tries > 0 and (u.sender = :sender or s.number > :mine)
    order by s.number desc, u.tries desc, u.received_at, u.id limit 1
)
returning id;

-- name: next_unsigned
-- The one to ask about next: of IDs that were not asked about before any other, then by the turns of senders.
select * from unsigned_event
where id = (
    select u.id from unsigned_event u
    join (select vendor_id, max(tries) as tries from unsigned_event group by vendor_id) known
        on known.vendor_id = u.vendor_id
    where u.poll_at <= :now
    order by case when known.tries = 0 then 0 else 1 end, u.turn, u.received_at, u.id limit 1
);

-- name: count_unsigned_polls
-- How often unsigned webhooks were asked about in the last minute.
select count(*) as polls from vendor_call
where account = :account and rate_bucket = 'poll' and at > :now - 60000 and substr(job_id, 1, 4) = 'uns_';

-- name: lease_unsigned
-- Due again at this moment, should the answer be lost.
update unsigned_event set poll_at = :poll_at where id = :id;

-- name: reschedule_unsigned
-- Not confirmed so far: count that and ask again later.
update unsigned_event set poll_at = :until, tries = tries + 1 where id = :id;

-- name: delete_unsigned
-- Confirmed or refuted: forget it.
delete from unsigned_event where id = :id;
