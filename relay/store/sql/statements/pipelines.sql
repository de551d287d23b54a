-- Pipelines, and the steps that wait for the files of others.

-- name: insert_pipeline
-- Create a pipeline; no row when its idempotency key is known.
insert into pipeline (id, name, context, created_at, idempotency_key, digest)
values (:id, :name, :context, :now, :idempotency_key, :digest)
on conflict do nothing
returning id;

-- name: find_pipeline_by_key
-- The pipeline that was created with this idempotency key.
select id, digest from pipeline where idempotency_key = :idempotency_key and idempotency_key <> '';

-- name: find_pipeline
-- One pipeline.
select name, context, created_at from pipeline where id = :id;

-- name: list_pipelines
-- Pipelines, newest first.
select
    p.id, p.name, p.context, p.created_at
from pipeline p
where p.id < :before
order by p.id desc
limit :limit;

-- name: list_statuses_of_pipelines
-- Status and estimate of each step of a range of pipelines.
select pipeline_id, status, estimate from job
where pipeline_id >= :first and pipeline_id <= :last and pipeline_id <> ''
order by pipeline_id, id;

-- name: list_ready_steps
-- Waiting steps of which every needed step has completed.
select w.* from job w
where w.status = 'queued' and w.due_at is null and w.inputs <> '{}' and not exists (
    select 1 from job_input i join job s on s.id = i.needed_job_id
    where i.job_id = w.id and s.status <> 'completed'
)
order by w.pipeline_id, w.id
limit :limit;

-- name: list_awaited_steps
-- Waiting steps, once for each step that they need.
select w.id, w.status_reason, s.step, s.status
from job w
join job_input i on i.job_id = w.id
join job s on s.id = i.needed_job_id
where w.status = 'queued' and w.due_at is null and w.inputs <> '{}';

-- name: list_inputs_of_job
-- The jobs that a step waits for, by the field that takes their file.
select field, needed_job_id from job_input where job_id = :job_id order by field;

-- name: insert_job_input
-- Keep that a field of a step takes the file of another step.
insert into job_input (job_id, field, needed_job_id) values (:job_id, :field, :needed_job_id);

-- name: begin_step
-- Queue a step with its complete input; no row when it is not waiting any more.
update job set input = :input, status_reason = '', due_at = :now, due_set_at = :now
where id = :id and status = 'queued' and due_at is null and inputs <> '{}'
returning id;

-- name: fail_step
-- Fail a step whose input does not fit it; no row when it is not waiting any more.
update job set status = 'failed', status_reason = :status_reason, settled_at = :now
where id = :id and status = 'queued' and due_at is null and inputs <> '{}'
returning id;

-- name: explain_step
-- Say in a waiting step what it waits for.
update job set status_reason = :status_reason
where id = :id and status = 'queued' and due_at is null and inputs <> '{}';
