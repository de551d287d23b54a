-- Statements of jobs and of the line they stand in. As in core.sql.

-- ---- asked for

-- No row: its idempotency key, or the vendor's id that it follows, is known.
-- name: insert_job
insert into job (
    id, reference, kind, output_kind, input, context, source, batch_id, pipeline_id, step, inputs, fan_out, rate_bucket,
    videos, expected_results, status, status_reason, estimate, idempotency_key, digest, turn, created_at, due_at, submitted_at,
    running_until, vendor_id, poll_at, uploads, share_link_id
)
values (
    :id, :reference, :kind, :output_kind, :input, :context, :source, :batch_id, :pipeline_id, :step, :inputs,
    :fan_out, :rate_bucket, :videos, :expected_results, :status, :status_reason, :estimate, :idempotency_key, :digest, :turn, :now,
    :due_at, :submitted_at, :running_until, :vendor_id, :poll_at, :uploads, :share_link_id
)
on conflict do nothing
returning id;

-- name: insert_upload
insert into upload (job_id, name, filename, type, content)
values (:job_id, :name, :filename, :type, :content);

-- name: find_job_by_key
select id, digest from job where idempotency_key = :idempotency_key and idempotency_key <> '';

-- name: find_job_by_vendor_id
select id, digest from job where vendor_id = :vendor_id and vendor_id <> ''
union all
select j.id, j.digest from generation g join job j on j.id = g.job_id
where g.id = :vendor_id and g.job_id <> ''
limit 1;

-- name: save_job_context
update job set context = :context where id = :id;

-- Where the queue has come to; what is held in it does not count.
-- name: line_turn
select coalesce(min(turn), 0) as turn from job
where rate_bucket = :rate_bucket and due_at is not null and status = 'queued';

-- name: batch_turn
select max(turn) as turn from job where batch_id = :batch_id and batch_id <> '' and due_at is not null;

-- ---- read

-- name: find_job
select * from job where id = :id;

-- One for each filter, so that each goes along its index.
-- name: list_jobs
select * from job where id < :before and id >= :since order by id desc limit :limit;

-- name: list_jobs_by_status
select * from job where status = :status and id < :before and id >= :since order by id desc limit :limit;

-- name: list_jobs_by_kind
select * from job where kind = :kind and id < :before and id >= :since order by id desc limit :limit;

-- name: list_jobs_by_kind_and_status
select * from job where kind = :kind and status = :status and id < :before and id >= :since
order by id desc limit :limit;

-- name: list_jobs_by_batch
select * from job
where batch_id = :batch_id and batch_id <> '' and (:status = '' or status = :status) and id < :before
order by id desc limit :limit;

-- name: list_jobs_by_pipeline
select * from job
where pipeline_id = :pipeline_id and pipeline_id <> '' and (:status = '' or status = :status)
    and id < :before
order by id desc limit :limit;

-- name: place_in_line
select
    (select count(*) from job other
        where other.rate_bucket = job.rate_bucket and other.due_at is not null and other.status = 'queued'
            and (other.turn < job.turn or (other.turn = job.turn and other.id < job.id))) as ahead,
    (select count(*) from job other where other.rate_bucket = job.rate_bucket and other.running_until > :now) as running
from job where job.id = :id and job.due_at is not null and job.status = 'queued';

-- name: list_generations_of_job
select id from generation where job_id = :job_id and job_id <> '' order by id;

-- ---- what a person decides

-- name: cancel_job
update job set status = 'canceled', status_reason = '', due_at = null, poll_at = null, settled_at = :now
where id = :id and status in ('queued', 'held') and leased_until is null
returning id;

-- name: delete_uploads
delete from upload where job_id = :job_id;

-- name: retry_job
update job
set status = 'queued', status_reason = '', error_param = '', due_at = case when inputs = '{}' then :now end, tries = 0,
    turn = :turn, poll_at = null, running_until = null, settled_at = null
where id = :id and status in ('failed', 'canceled', 'held') and leased_until is null
    and uploads = (select count(*) from upload u where u.job_id = :id)
returning id;

-- name: poll_job
update job set poll_at = :now
where id = :id and vendor_id <> '' and source <> 'sample' and leased_until is null
    and status in ('processing', 'held', 'failed')
returning id;

-- name: poll_running
update job set poll_at = :now
where status in ('processing', 'held') and vendor_id <> '' and leased_until is null
    and (poll_at is null or poll_at > :now) and coalesce(polled_at, 0) <= :now - 30000
returning id;

-- name: follow_job
update job
set status = 'processing', status_reason = '', vendor_id = :vendor_id, poll_at = :now, due_at = null,
    submission = max(submission, 1)
where id = :id and status = 'held' and leased_until is null
returning submission, kind, context;

-- ---- the line

-- name: account
select * from api_account where account = :account;

-- name: count_calls
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
select rate_bucket from rate_hold where account = :account and until > :now;

-- The next job of a rate bucket. One that is held for a limit is passed by until the limit allows it.
-- name: head_of_line
select id, token, kind, input, reference, submission, tries, videos, estimate, rate_bucket, turn, due_at from job
where rate_bucket = :rate_bucket and due_at <= :now and leased_until is null
    and (status = 'queued'
        or (videos <= :videos_per_day and (:credits_per_day is null or estimate <= :credits_per_day)))
order by turn, id limit 1;

-- Those that no waiting can ever send: they exceed what a whole day allows.
-- name: list_unfit_jobs
select id, videos, estimate from job
where due_at <= :now and leased_until is null and status = 'queued'
    and (videos > :videos or estimate > :credits);

-- It stays due, and is sent once the limits allow it.
-- name: hold_unfit_job
update job set status = 'held', status_reason = :status_reason where id = :id;

-- name: next_poll
select id, token, kind, vendor_id, submitted_at, created_at, polls, poll_at from job
where poll_at <= :now and leased_until is null
order by poll_at limit 1;

-- name: expired_leases
select id, leased_for, submission from job where leased_until <= :now;

-- name: spent
select coalesce(sum(max(0, coalesce(credits, estimate) - coalesce(refunded, 0))), 0) as credits from job
where submitted_at > :now - 86400000 and source not in ('elsewhere', 'sample');

-- name: lease_submit
update job
set status = 'submitted', status_reason = '', error_param = '', due_at = null, submission = submission + 1, vendor_id = '',
    poll_at = null, polls = 0, submitted_at = :now, found_by = '', credits = null, refunded = null,
    running_until = case when rate_bucket = 'video' then :running_until end,
    token = token + 1, leased_until = :lease_until, leased_for = 'submit'
where id = :id;

-- name: lease_poll
update job
set token = token + 1, leased_until = :lease_until, leased_for = 'poll', polls = polls + 1,
    polled_at = :now
where id = :id;

-- name: insert_call
insert into vendor_call (account, rate_bucket, videos, at, job_id, token)
values (:account, :rate_bucket, :videos, :at, :job_id, :token);

-- name: forget_calls
delete from vendor_call where account = :account and at <= :now - 86400000;

-- name: forget_polls
delete from vendor_call where account = :account and rate_bucket <> 'video' and at <= :now - 120000;

-- name: renew_call
update job set leased_until = :until where id = :job_id and token = :token and leased_until is not null;

-- name: renew_counted_call
update vendor_call set at = :until where job_id = :job_id and token = :token;

-- name: release_submit
update job
set status = 'queued', due_at = :now, submission = submission - 1, submitted_at = null, running_until = null,
    leased_until = null
where id = :job_id and token = :token and leased_for = 'submit' and leased_until is not null
returning id;

-- name: release_poll
update job set poll_at = :now, polls = polls - 1, leased_until = null
where id = :job_id and token = :token and leased_for = 'poll' and leased_until is not null
returning id;

-- name: forget_call
delete from vendor_call where job_id = :job_id and token = :token;

-- name: count_call_as_ended
update vendor_call set at = :at, videos = case when :kept then videos else 0 end
where job_id = :job_id and token = :token
returning account;

-- The lease ran out in mid submit: whoever had it died, and the job may have been started.
-- name: hold_lost
update job set status = 'held', status_reason = :status_reason, leased_until = null where id = :id and status = 'submitted';

-- name: end_lease
update job set leased_until = null, poll_at = case when leased_for = 'poll' then coalesce(poll_at, :now) end
where id = :id;

-- name: list_uploads
select name, filename, type, content from upload where job_id = :job_id order by name;

-- What a webhook has already brought stands above what the lost answer to its submit would say.
-- name: end_submit
update job
set status = case when status = 'submitted' then :status else status end,
    status_reason = case when status = 'submitted' then :status_reason else status_reason end,
    error_param = case when status = 'submitted' then :error_param else error_param end,
    due_at = case when status = 'submitted' then :due_at end,
    settled_at = case when status = 'submitted' and :settled then :now else settled_at end,
    running_until = case when status = 'submitted' and not :keeps_slot then null else running_until end,
    submitted_at = case when status = 'submitted' and not :keeps_slot then null else submitted_at end,
    tries = tries + :counts, leased_until = null
where id = :job_id and token = :token and leased_for = 'submit' and leased_until is not null
returning id;

-- name: end_poll
update job
set status = case when :status <> '' and status = 'processing' then :status else status end,
    status_reason = case when :status_reason <> '' and status in ('processing', 'held') then :status_reason else status_reason end,
    poll_at = case when status in ('processing', 'held') then :due_at end,
    leased_until = null
where id = :job_id and token = :token and leased_for = 'poll' and leased_until is not null
returning id;

-- name: hold_bucket
insert into rate_hold (account, rate_bucket, until) values (:account, :rate_bucket, :until)
on conflict (account, rate_bucket) do update set until = excluded.until where rate_hold.until < excluded.until;

-- name: save_rate_limit
insert into api_account (account, request_limit, remaining, rate_limit_at, reset_at)
values (:account, :limit, :remaining, :now, :reset_at)
on conflict (account) do update
set request_limit = coalesce(excluded.request_limit, api_account.request_limit),
    remaining = excluded.remaining, rate_limit_at = excluded.rate_limit_at, reset_at = excluded.reset_at
where api_account.rate_limit_at <= excluded.rate_limit_at;

-- name: pause_account
insert into api_account (account, paused_since, paused_until, paused_why)
values (:account, :now, :until, :why)
on conflict (account) do update
set paused_since = coalesce(api_account.paused_since, excluded.paused_since),
    paused_until = excluded.paused_until, paused_why = excluded.paused_why
where api_account.paused_since is null or api_account.paused_until is not null;

-- name: resume_account
update api_account set paused_since = null, paused_until = null, paused_why = ''
where account = :account and paused_since is not null
returning account;

-- name: resume_held_for_money
update job set due_at = :now where status = 'held' and due_at is not null;

-- name: queue_state
select
    (select count(*) from job where due_at is not null and status = 'queued') as waiting,
    (select count(*) from job where status in ('submitted', 'processing')) as running,
    (select count(*) from job where status = 'held') as held;

-- ---- what comes back

-- name: find_job_by_reference
select id, submission, fan_out, output_kind, batch_id, context from job where reference = :reference;

-- name: find_job_of_generation
select j.id, g.submission, j.fan_out, j.output_kind, j.batch_id, j.context
from generation g join job j on j.id = g.job_id
where g.id = :generation_id and g.job_id <> '';

-- The first job that a generation is of keeps it. Its rank is below every status until a result comes.
-- name: link_generation
insert into generation (id, kind, status_rank, created_at, updated_at, job_id, submission)
values (:generation_id, :kind, 0, :now, :now, :job_id, :submission)
on conflict (id) do update set job_id = excluded.job_id, submission = excluded.submission
where generation.job_id = ''
returning id;

-- name: job_progress
select submission, sum(status_rank = 3) as completed, sum(status_rank = 2) as failed
from generation where job_id = :job_id and job_id <> '' group by submission;

-- name: advance_job
update job
set status = :status, status_reason = :status_reason, found_by = case when :final and status <> :status then :found_by else found_by end,
    credits = coalesce(:credits, credits),
    refunded = case when :refunded is null then refunded else coalesce(refunded, 0) + :refunded end,
    vendor_id = case when vendor_id = '' then :vendor_id else vendor_id end,
    poll_at = case when :final then null when poll_at is null and leased_until is null then :poll_at
        else poll_at end,
    due_at = null,
    running_until = case when :final then null else running_until end,
    settled_at = case when not :final then null when status = :status then settled_at else :now end
where id = :id;

-- name: keep_result
update job
set vendor_id = case when :vendor_id = '' then vendor_id else :vendor_id end,
    expected_results = max(expected_results, :expected_results),
    credits = coalesce(:credits, credits),
    poll_at = case when status in ('completed', 'failed') then null else :poll_at end,
    leased_until = null
where id = :job_id and token = :token and leased_until is not null
returning id;
