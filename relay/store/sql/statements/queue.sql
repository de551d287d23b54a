-- The queue to the vendor: limits, leases, and how calls ended.

-- name: account
-- Rate limits that the vendor reported for an API key, and the pause of its queue.
select * from api_account where account = :account;

-- name: count_calls
-- Calls of the last minute and videos of the last day that count against the limits of an API key.
select
    (select count(*) from vendor_call where account = :account and at > :now - 60000) as requests,
    (select count(*) from vendor_call where account = :account and at > :rate_limit_at) as since_reported,
    (select count(*) from vendor_call
        where account = :account and rate_bucket = 'other' and at > :now - 60000
            and substr(job_id, 1, 4) = 'ask_') as asked,
    (select count(*) from vendor_call
        where account = :account and rate_bucket = 'poll' and at > :now - 60000) as polls,
    (select count(*) from vendor_call
        where account = :account and rate_bucket = 'video' and at > :now - 60000) as videos,
    (select coalesce(sum(videos), 0) from vendor_call
        where account = :account and rate_bucket = 'video' and at > :now - 86400000) as videos_today,
    (select count(*) from job where rate_bucket = 'video' and running_until > :now) as running;

-- name: rate_holds
-- Rate buckets that the vendor has closed for a while, and why.
select rate_bucket, since, until, reason from rate_hold where account = :account and until > :now
order by until, rate_bucket;

-- name: end_rate_holds
-- A person resumed the queue: send again in every rate bucket.
delete from rate_hold where account = :account returning rate_bucket;

-- name: list_videos_today
-- The videos of the last day that count against the limit of an API key, oldest first.
select at, videos from vendor_call
where account = :account and rate_bucket = 'video' and at > :now - 86400000 and videos > 0
order by at;

-- name: next_job
-- The first job of its rate bucket that fits into what is left of the day, whose kind has a free slot, and that
-- is not behind the one that places are kept for. One that is held for a limit waits until the limit allows it.
select id, token, kind, input, reference, submission, tries, videos, estimate, rate_bucket, turn, due_at from job
where rate_bucket = :rate_bucket and due_at <= :now and leased_until is null
    and (status = 'queued' or (videos <= :videos_per_day and estimate <= :credits_per_day))
    and videos <= :videos_left and estimate <= :credits_left
    and :busy_kinds not like '%,' || kind || ',%'
    and (turn < :last_turn or (turn = :last_turn and id <= :last_id))
order by turn, id limit 1;

-- name: first_unfit_job
-- The first job of its rate bucket that does not fit into what is left of the day.
select id, turn, videos, estimate from job
where rate_bucket = :rate_bucket and due_at <= :now and leased_until is null
    and videos <= :videos_per_day and estimate <= :credits_per_day
    and (videos > :videos_left or estimate > :credits_left)
order by turn, id limit 1;

-- name: note_passed
-- Note since when smaller jobs pass a job that does not fit.
update job set passed_at = :now where id = :id and passed_at is null;

-- name: first_reserved_job
-- The first job of its rate bucket that was passed for so long that places are kept for it now.
select id, turn, estimate from job
where rate_bucket = :rate_bucket and passed_at <= :passed_before and due_at <= :now and leased_until is null
    and videos <= :videos_per_day and estimate <= :credits_per_day
    and :busy_kinds not like '%,' || kind || ',%'
order by turn, id limit 1;

-- name: list_unfit_jobs
-- Queued jobs that no waiting can ever send: they exceed what a whole day allows.
select id, videos, estimate from job
where due_at <= :now and leased_until is null and status = 'queued'
    and (videos > :videos_per_day or estimate > :credits_per_day);

-- name: hold_unfit_job
-- Hold a job for a limit. It stays due, and is sent once the limits allow it.
update job set status = 'held', status_reason = :status_reason where id = :id;

-- name: next_poll
-- The job whose poll has been due longest, of those whose kind has a free slot.
select id, token, kind, vendor_id, submitted_at, created_at, polls, poll_at, unclear_since, expected_results, 0 as videos, 'poll' as rate_bucket
from job
where poll_at <= :now and leased_until is null and :busy_kinds not like '%,' || kind || ',%'
order by poll_at limit 1;

-- name: expired_leases
-- Jobs whose lease ran out.
select id, kind, leased_for, submission from job where leased_until <= :now;

-- name: spent
-- Credits that jobs of the last 24 hours cost, as reported or else as estimated.
select coalesce(sum(
    case when coalesce(credits, estimate) > coalesce(refunded, 0)
        then coalesce(credits, estimate) - coalesce(refunded, 0) else 0 end
), 0) as credits from job
where submitted_at > :now - 86400000 and source not in ('elsewhere', 'sample');

-- name: list_spent
-- What each job of the last 24 hours cost, as reported or else as estimated, oldest first.
select submitted_at, coalesce(credits, estimate) - coalesce(refunded, 0) as credits from job
where submitted_at > :now - 86400000 and source not in ('elsewhere', 'sample')
    and coalesce(credits, estimate) > coalesce(refunded, 0)
order by submitted_at;

-- name: lease_submit
-- Lease a job to be sent: a new submission, a new token.
update job
set status = 'submitted', status_reason = '', error_param = '', due_at = null, passed_at = null, submission = submission + 1,
    vendor_id = '',
    poll_at = null, polls = 0, unclear_since = null, submitted_at = :now, found_by = '', credits = null, refunded = null,
    running_until = case when rate_bucket = 'video' then cast(:running_until as bigint) end,
    token = token + 1, leased_until = :lease_until, leased_for = 'submit'
where id = :id;

-- name: lease_poll
-- Lease a job to be polled.
update job
set token = token + 1, leased_until = :lease_until, leased_for = 'poll', polls = polls + 1,
    polled_at = :now
where id = :id;

-- name: insert_call
-- Count a call against the limits while it is under way.
insert into vendor_call (account, rate_bucket, videos, at, job_id, token)
values (:account, :rate_bucket, :videos, :at, :job_id, :token);

-- name: forget_calls
-- Forget calls that no limit counts any more.
delete from vendor_call where account = :account and at <= :now - 86400000;

-- name: forget_polls
-- Forget polls and other short calls sooner: their limits are by the minute.
delete from vendor_call where account = :account and rate_bucket <> 'video' and at <= :now - 120000;

-- name: renew_call
-- Extend the lease of a call, unless its token is stale.
update job set leased_until = :until where id = :job_id and token = :token and leased_until is not null;

-- name: renew_counted_call
-- Count that call for as long.
update vendor_call set at = :until where job_id = :job_id and token = :token;

-- name: release_submit
-- Give a job back unsent; no row when its token is stale.
update job
set status = 'queued', due_at = :now, due_set_at = :now, submission = submission - 1, submitted_at = null, running_until = null,
    leased_until = null
where id = :job_id and token = :token and leased_for = 'submit' and leased_until is not null
returning id;

-- name: release_poll
-- Give a poll back, as if it had not begun.
update job set poll_at = :now, polls = polls - 1, leased_until = null
where id = :job_id and token = :token and leased_for = 'poll' and leased_until is not null
returning id;

-- name: forget_call
-- A call that was not made counts against no limit.
delete from vendor_call where job_id = :job_id and token = :token;

-- name: count_call_as_ended
-- A call counts from the moment of its answer; a refused one made no video.
update vendor_call set at = :at, videos = case when :kept = 1 then videos else 0 end
where job_id = :job_id and token = :token
returning account;

-- name: hold_interrupted_job
-- The lease ran out during a submit: the process that had it is gone, and the job may have been started.
update job set status = 'held', status_reason = :status_reason, leased_until = null where id = :id and status = 'submitted';

-- name: end_lease
-- End an expired lease; a poll is due again.
update job set leased_until = null, poll_at = case when leased_for = 'poll' then coalesce(poll_at, :now) end
where id = :id;

-- name: end_submit
-- Record how a submit without a result ended; no row when its token is stale. What a webhook has
-- reported meanwhile takes precedence over a lost answer.
update job
set status = case when status = 'submitted' then :status else status end,
    status_reason = case when status = 'submitted' then :status_reason else status_reason end,
    error_param = case when status = 'submitted' then :error_param else error_param end,
    due_at = case when status = 'submitted' then cast(:due_at as bigint) end, due_set_at = :now,
    settled_at = case when status = 'submitted' and :settled = 1 then :now else settled_at end,
    running_until = case when status = 'submitted' and :keeps_slot = 0 then null else running_until end,
    submitted_at = case when status = 'submitted' and :keeps_slot = 0 then null else submitted_at end,
    tries = tries + :counts, leased_until = null
where id = :job_id and token = :token and leased_for = 'submit' and leased_until is not null
returning id;

-- name: end_poll
-- Write down how a poll without a result ended; no row when its token is stale. A running job says why its last
-- poll failed; what a held one says stays until the poll holds it for another reason.
update job
set status = case when :status <> '' and status = 'processing' then :status else status end,
    status_reason = case when status = 'processing' or (status = 'held' and :status = 'held') then :status_reason
        else status_reason end,
    poll_at = case when status in ('processing', 'held') then cast(:due_at as bigint) end,
    leased_until = null
where id = :job_id and token = :token and leased_for = 'poll' and leased_until is not null
returning id;

-- name: hold_bucket
-- Send nothing in this rate bucket before this moment; a later one stays.
insert into rate_hold (account, rate_bucket, since, until, reason)
values (:account, :rate_bucket, :now, :until, :reason)
on conflict (account, rate_bucket) do update
set until = excluded.until, reason = excluded.reason,
    since = case when rate_hold.until > excluded.since then rate_hold.since else excluded.since end
where rate_hold.until < excluded.until;

-- name: save_rate_limit
-- Keep the rate limit that the vendor's headers report, unless a later answer has been kept.
insert into api_account (account, request_limit, remaining, rate_limit_at, reset_at)
values (:account, :limit, :remaining, :now, :reset_at)
on conflict (account) do update
set request_limit = coalesce(excluded.request_limit, api_account.request_limit),
    remaining = excluded.remaining, rate_limit_at = excluded.rate_limit_at, reset_at = excluded.reset_at
where api_account.rate_limit_at <= excluded.rate_limit_at;

-- name: pause_account
-- Pause the queue of an API key; a pause without end stays until a person resumes it.
insert into api_account (account, paused_since, paused_until, paused_why)
values (:account, :now, :until, :why)
on conflict (account) do update
set paused_since = coalesce(api_account.paused_since, excluded.paused_since),
    paused_until = excluded.paused_until, paused_why = excluded.paused_why
where api_account.paused_since is null or api_account.paused_until is not null;

-- name: resume_account
-- End the pause of a queue; no row when it was not paused.
update api_account set paused_since = null, paused_until = null, paused_why = ''
where account = :account and paused_since is not null
returning account;

-- name: forget_remaining_requests
-- A person resumed the queue: what the vendor's headers reported as left is tried once more.
update api_account set remaining = null where account = :account and remaining <= 0 returning account;

-- name: resume_held_for_money
-- Jobs that are held for lack of credits are due again.
update job set due_at = :now, due_set_at = :now where status = 'held' and due_at is not null;

-- name: queue_state
-- How many jobs are queued, running and held, and the most that one of those queued will use of the day.
select
    (select count(*) from job where due_at is not null and status = 'queued') as waiting,
    (select coalesce(max(videos), 0) from job where due_at is not null and status = 'queued') as most_videos,
    (select coalesce(max(estimate), 0) from job where due_at is not null and status = 'queued') as most_credits,
    (select count(*) from job where status in ('submitted', 'processing')) as running,
    (select count(*) from job where status = 'held') as held,
    (select count(*) from job where rate_bucket = 'video' and running_until > :now) as running_videos;

-- name: keep_result
-- End the call with a result; no row when its token is stale.
update job
set vendor_id = case when :vendor_id = '' then vendor_id else :vendor_id end,
    expected_results = case when expected_results < :expected_results then :expected_results else expected_results end,
    credits = coalesce(:credits, credits),
    poll_at = case when status in ('completed', 'failed') then null else cast(:poll_at as bigint) end,
    unclear_since = case when :unclear = 1 then coalesce(unclear_since, cast(:now as bigint)) end,
    leased_until = null
where id = :job_id and token = :token and leased_until is not null
returning id;

-- name: hold_unclear_job
-- Show a job to a person because of what the vendor says of it. It is polled on, unless its results ended it.
update job set status = 'held', status_reason = :status_reason, poll_at = cast(:poll_at as bigint)
where id = :id and status = 'processing';
