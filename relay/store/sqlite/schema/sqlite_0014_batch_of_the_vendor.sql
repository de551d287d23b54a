-- A result keeps the vendor's batch only; ours is that of its job, and stood in its place where there was none.

update result set details = json_remove(details, '$.vendor_batch_id')
where json_extract(details, '$.vendor_batch_id') = (
    select job.batch_id from generation join job on job.id = generation.job_id
    where generation.id = result.generation_id and job.batch_id <> ''
);
