-- Results, the generations they belong to, and what they make of a job.

-- name: advance_generation
-- Raise a generation to the rank of this status; no row when it has reached it already.
insert into generation (id, kind, status_rank, created_at, updated_at)
values (:generation_id, :kind, :status_rank, :now, :now)
on conflict (id) do update
set status_rank = excluded.status_rank, updated_at = excluded.updated_at,
    kind = case when generation.kind = 'unknown' then excluded.kind else generation.kind end
where generation.status_rank < excluded.status_rank
returning id, job_id, kind;

-- name: add_generations
-- Keep generations, of which none may be known: fewer rows are written where one is.
insert into generation (id, kind, status_rank, context, created_at, updated_at)
values (:generation_id, :kind, :status_rank, :context, :now, :now)
on conflict (id) do nothing;

-- name: add_results
-- Keep results of generations that were not known before.
insert into result (id, generation_id, status, status_rank, event_id, received_at, details)
values (:id, :generation_id, :status, :status_rank, :event_id, :now, :details);

-- name: insert_result
-- Keep a result; no row when this status of the generation is known.
insert into result (id, generation_id, status, status_rank, event_id, received_at, details)
values (:id, :generation_id, :status, :status_rank, :event_id, :received_at, :details)
on conflict (generation_id, status) do nothing
returning id;

-- name: find_result
-- The stored details of one status of a generation.
select id, details from result where generation_id = :generation_id and status = :status;

-- name: fill_result
-- Replace the details of a result whose gaps were filled.
update result set details = :details where id = :id;

-- name: supersede_deliveries
-- Skip the deliveries of lower statuses that were not delivered. One under lease keeps it: it ends as
-- delivered if the call succeeds, else it stays skipped.
update delivery
set status = 'skipped', due_at = null, settled_at = :now, note = :note
where generation_id = :generation_id and status in ('pending', 'retrying');

-- name: insert_delivery
-- Add a delivery of a result to a connection, unless that connection was removed meanwhile.
insert into delivery (id, result_id, generation_id, connection, status, due_at, due_set_at, settled_at, note)
select :id, :result_id, :generation_id, :connection, :status, :due_at, :now, :settled_at, :note
where not exists (select 1 from connection where name = :connection and removed_at is not null)
on conflict (result_id, connection) do nothing;

-- name: find_job_by_reference
-- The job whose webhook address carries this reference.
select id, submission, fan_out, output_kind, context from job where reference = :reference;

-- name: lock_job_by_reference
-- The same, to be changed: whoever else is about to change it waits.
select id from job where reference = :reference;
-- lock: for update

-- name: lock_job
-- One job, to be changed by what its generations have reached. What they have is read afterwards.
select * from job where id = :id;
-- lock: for update

-- name: find_job_of_generation
-- The job that a generation belongs to, and the submission it came from.
select j.id, g.submission, j.submission as latest_submission, j.fan_out, j.output_kind, j.context, j.source, j.input,
    j.credits, j.expected_results, g.number
from generation g join job j on j.id = g.job_id
where g.id = :generation_id and g.job_id <> '';

-- name: link_generation
-- Make a generation the job's; the first job that claims it keeps it, and learns later which of its generations
-- it is. Rank 0 is below every status.
insert into generation (id, kind, status_rank, created_at, updated_at, job_id, submission, number)
values (:generation_id, :kind, 0, :now, :now, :job_id, :submission, :number)
on conflict (id) do update set kind = excluded.kind, job_id = excluded.job_id, number = excluded.number,
    submission = case when generation.job_id = '' then excluded.submission else generation.submission end
where generation.job_id = ''
    or (generation.job_id = excluded.job_id and generation.number = 0 and excluded.number > 0)
returning id;

-- name: job_progress
-- How many generations of each submission of a job have completed or failed.
select submission, sum(case when status_rank = 3 then 1 else 0 end) as completed,
    sum(case when status_rank = 2 then 1 else 0 end) as failed
from generation where job_id = :job_id and job_id <> '' group by submission;

-- name: advance_job
-- Write down the status that a job reached through its generations. A final status ends polling and frees
-- the slot; credits and refunds are added, never lost.
update job
set status = :status, status_reason = :status_reason, found_by = case when :final = 1 and status <> :status then :found_by else found_by end,
    credits = coalesce(:credits, credits),
    refunded = case when cast(:refunded as double precision) is null then refunded
        else coalesce(refunded, 0) + cast(:refunded as double precision) end,
    vendor_id = case when vendor_id = '' then :vendor_id else vendor_id end,
    poll_at = case when :final = 1 then null
        when poll_at is null and leased_until is null then cast(:poll_at as bigint) else poll_at end,
    due_at = null,
    running_until = case when :final = 1 then null else running_until end,
    settled_at = case when :final = 0 then null when status = :status then settled_at else :now end
where id = :id;

-- name: fill_job_credits
-- Add credits and refunds that a later report of a known result named to the job of that generation, unless
-- the job has been sent again since.
update job
set credits = case when expected_results = 1 then coalesce(credits, cast(:credits as double precision)) else credits end,
    refunded = case when cast(:credits_refunded as double precision) is null then refunded
        else coalesce(refunded, 0) + cast(:credits_refunded as double precision) end
where id = (select g.job_id from generation g where g.id = :generation_id and g.job_id <> '')
    and submission = (select g.submission from generation g where g.id = :generation_id);

-- name: poll_unclear_job
-- Ask the vendor about the job of a generation of which a webhook said nothing that could be acted on, or show it
-- to a person where nobody can ask. The job is given where it is a batch that was left open, which is no
-- generation. A webhook that says "completed", without the file, also ends a failure, and a job that waits to be
-- sent again is not sent.
-- No row when it has no such job, or the generation is complete.
update job
set status = case when :hold_reason = '' then 'processing' else 'held' end, status_reason = :hold_reason,
    due_at = null, settled_at = null,
    vendor_id = case when vendor_id <> '' then vendor_id when expected_results = 1 then :generation_id
        else :vendor_batch_id end,
    poll_at = :now, unclear_since = coalesce(unclear_since, cast(:now as bigint))
where id = coalesce(
        nullif(:job_id, ''),
        (select g.job_id from generation g where g.id = :generation_id and g.job_id <> '' and g.status_rank < 3)
    )
    and source <> 'sample' and (vendor_id <> '' or expected_results = 1 or :vendor_batch_id <> '')
    and (status in ('submitted', 'processing', 'held') or (:completed = 1 and status <> 'completed'))
returning id;

-- name: redeliver_result
-- Make the deliveries of a result due again whose file came later.
update delivery
set status = 'pending', due_at = :due_at, due_set_at = :now, tries = 0, settled_at = null, note = ''
where result_id = :result_id and status in ('delivered', 'failed')
    and (leased_until is null or leased_until <= :now);

-- name: list_results
-- The results of a generation, by rank.
select
    r.id, r.generation_id, r.status, r.details, r.received_at, r.event_id, g.kind, coalesce(j.batch_id, '') as batch_id
from result r join generation g on g.id = r.generation_id
left join job j on j.id = g.job_id
where r.generation_id = :generation_id
order by r.status_rank;

-- name: list_results_of_job
-- The results of one status of all generations of a job, oldest first.
select
    r.id, r.generation_id, r.status, r.details, r.received_at, r.event_id, g.kind, coalesce(j.batch_id, '') as batch_id
from generation g join result r on r.generation_id = g.id
left join job j on j.id = g.job_id
where g.job_id = :job_id and g.job_id <> '' and r.status = :status
order by r.received_at, r.id;

-- name: list_copies
-- Where the archived copies of a result are, and what they are, by output number.
select number, storage, key, type, size from archive_copy
where result_id = :result_id and status = 'archived'
order by number;
