-- Jobs: created, found, and what a person decides about them.

-- name: insert_job
-- Create a job; no row when its idempotency key, or the vendor's id that it follows, is known.
insert into job (
    id, reference, kind, output_kind, input, context, source, batch_id, pipeline_id, step, inputs, fan_out, rate_bucket,
    videos, expected_results, status, status_reason, estimate, idempotency_key, digest, turn, created_at, due_at, due_set_at, submitted_at,
    running_until, vendor_id, poll_at, uploads, share_link_id
)
values (
    :id, :reference, :kind, :output_kind, :input, :context, :source, :batch_id, :pipeline_id, :step, :inputs,
    :fan_out, :rate_bucket, :videos, :expected_results, :status, :status_reason, :estimate, :idempotency_key, :digest, :turn, :now,
    :due_at, :now, :submitted_at, :running_until, :vendor_id, :poll_at, :uploads, :share_link_id
)
on conflict do nothing
returning id;

-- name: insert_upload
-- Keep a file that is sent with a job.
insert into upload (job_id, name, filename, type, content)
values (:job_id, :name, :filename, :type, :content);

-- name: find_job_by_key
-- The job that was created with this idempotency key.
select id, digest from job where idempotency_key = :idempotency_key and idempotency_key <> '';

-- name: find_job_by_vendor_id
-- The job that has this id of the vendor, itself or through a generation.
select id, digest from job where vendor_id = :vendor_id and vendor_id <> ''
union all
select j.id, j.digest from generation g join job j on j.id = g.job_id
where g.id = :vendor_id and g.job_id <> ''
limit 1;

-- name: save_job_context
-- Replace the context of a job.
update job set context = :context where id = :id;

-- name: queue_turn
-- The turn that the queue has reached in this rate bucket; what is held in it does not count.
select coalesce(min(turn), 0) as turn from job
where rate_bucket = :rate_bucket and due_at is not null and status = 'queued';

-- name: batch_turn
-- The last turn that a batch has taken.
select max(turn) as turn from job where batch_id = :batch_id and batch_id <> '' and due_at is not null;

-- name: find_job
-- One job.
select * from job where id = :id;

-- name: list_jobs
-- Jobs, newest first. The next five are one for each filter, so that each follows its index.
select * from job where id < :before and id >= :since order by id desc limit :limit;

-- name: list_jobs_by_status
-- Jobs of one status.
select * from job where status = :status and id < :before and id >= :since order by id desc limit :limit;

-- name: list_jobs_by_kind
-- Jobs of one kind.
select * from job where kind = :kind and id < :before and id >= :since order by id desc limit :limit;

-- name: list_jobs_by_kind_and_status
-- Jobs of one kind and status.
select * from job where kind = :kind and status = :status and id < :before and id >= :since
order by id desc limit :limit;

-- name: list_jobs_by_batch
-- Jobs of one batch.
select * from job
where batch_id = :batch_id and batch_id <> '' and (:status = '' or status = :status) and id < :before
order by id desc limit :limit;

-- name: list_jobs_by_pipeline
-- Jobs of one pipeline.
select * from job
where pipeline_id = :pipeline_id and pipeline_id <> '' and (:status = '' or status = :status)
    and id < :before
order by id desc limit :limit;

-- name: queue_position
-- How many jobs are ahead of a queued one, what they use of the day, and how many are running. Larger ones that do
-- not fit into what is left are passed by it, unless places are kept for them. Credits that are kept for a job of
-- another rate bucket are not its own either.
select
    coalesce(count(other.id), 0) as ahead, coalesce(sum(other.videos), 0) as videos,
    coalesce(sum(other.estimate), 0) + (
        select coalesce(max(kept.estimate), 0) from job kept
        where kept.rate_bucket <> job.rate_bucket and kept.passed_at <= :passed_before and kept.due_at <= :now
            and kept.leased_until is null and kept.estimate > :credits_left
    ) as credits,
    (select count(*) from job busy where busy.rate_bucket = job.rate_bucket and busy.running_until > :now) as running
from job
left join job other on other.rate_bucket = job.rate_bucket and other.due_at is not null and other.status = 'queued'
    and (other.turn < job.turn or (other.turn = job.turn and other.id < job.id))
    and (
        other.passed_at <= :passed_before
        or ((other.videos <= job.videos or other.videos <= :videos_left)
            and (other.estimate <= job.estimate or other.estimate <= :credits_left))
    )
where job.id = :id and job.due_at is not null and job.status = 'queued'
group by job.id, job.rate_bucket;

-- name: list_generations_of_job
-- Ids of the generations that belong to a job.
select id from generation where job_id = :job_id and job_id <> '' order by id;

-- name: cancel_job
-- Cancel a job that was not sent; no row when it was, or is being sent.
update job set status = 'canceled', status_reason = '', due_at = null, poll_at = null, settled_at = :now
where id = :id and status in ('queued', 'held') and leased_until is null
returning id;

-- name: delete_uploads
-- Forget the files of a job.
delete from upload where job_id = :job_id;

-- name: retry_job
-- Queue a job again that failed, was canceled or is held; a step with inputs waits for them again. No row
-- when its files are gone.
update job
set status = 'queued', status_reason = '', error_param = '', due_at = case when inputs = '{}' then cast(:now as bigint) end,
    due_set_at = :now, tries = 0,
    turn = :turn, poll_at = null, running_until = null, settled_at = null
where id = :id and status in ('failed', 'canceled', 'held') and leased_until is null
    and uploads = (select count(*) from upload u where u.job_id = :id)
returning id;

-- name: poll_job
-- Ask the vendor about a job at the next opportunity.
update job set poll_at = :now
where id = :id and vendor_id <> '' and source <> 'sample' and leased_until is null
    and status in ('processing', 'held', 'failed')
returning id;

-- name: poll_running
-- The same for all unfinished jobs that were not asked about in the last half minute.
update job set poll_at = :now
where status in ('processing', 'held') and vendor_id <> '' and leased_until is null
    and (poll_at is null or poll_at > :now) and coalesce(polled_at, 0) <= :now - 30000
returning id;

-- name: link_job
-- Take the vendor's id that a person found for a held job; it is polled at once.
update job
set status = 'processing', status_reason = '', vendor_id = :vendor_id, poll_at = :now, due_at = null,
    submission = case when submission < 1 then 1 else submission end
where id = :id and status = 'held' and leased_until is null
returning submission, kind, context;

-- name: list_uploads
-- The files of a job.
select name, filename, type, content from upload where job_id = :job_id order by name;
