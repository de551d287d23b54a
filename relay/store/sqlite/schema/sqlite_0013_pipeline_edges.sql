-- Which step takes the file of which other one: a row per field, instead of names inside each job's JSON.

create table job_input (
    job_id text not null references job (id),
    field text not null,
    needed_job_id text not null references job (id),
    primary key (job_id, field)
) strict, without rowid;

insert into job_input (job_id, field, needed_job_id)
select waiting.id, asked.key, needed.id
from job waiting
cross join json_each(waiting.inputs) asked
cross join job needed on needed.pipeline_id = waiting.pipeline_id and needed.pipeline_id <> ''
    and needed.step = asked.value
where waiting.inputs <> '{}';
