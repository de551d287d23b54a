-- Statements of the pages: settings, signing in, finding. As in core.sql.

-- name: read_setting
select value from setting where name = :name;

-- name: list_settings
select name, value from setting;

-- name: put_setting
insert into setting (name, value) values (:name, :value)
on conflict (name) do update set value = excluded.value;

-- name: drop_setting
delete from setting where name = :name;

-- name: raise_setting
insert into setting (name, value) values (:name, '1')
on conflict (name) do update set value = cast(cast(value as integer) + 1 as text);

-- name: forget_login_attempts_before
delete from login_attempt where at <= :before;

-- name: count_login_attempts
select count(*) as tries, min(at) as first_at from login_attempt where remote_addr = :remote_addr;

-- name: insert_login_attempt
insert into login_attempt (remote_addr, at) values (:remote_addr, :now);

-- name: forget_login_attempts_of
delete from login_attempt where remote_addr = :remote_addr;

-- name: insert_job_words
insert into job_search (job_id, words) values (:job_id, :words);

-- name: add_job_words
update job_search set words = words || ' ' || :words
where rowid = (select rowid from job_search where job_search match :phrase and job_id = :job_id);

-- The newest first: rows are written in the order of the jobs. Not without end for what few of them are.
-- name: search_jobs
select job.* from (
    select rowid as place, job_id from job_search
    where job_search match :words and job_search.rowid < :before
    order by job_search.rowid desc limit 2000
) found
cross join job on job.id = found.job_id
where job.id >= :since and job.id < :until
    and (:status = '' or job.status = :status) and (:kind = '' or job.kind = :kind)
order by found.place desc limit :limit;

-- name: place_in_search
select job_search.rowid as place from job_search
where job_search match :words and job_search.job_id = :job_id
order by job_search.rowid desc limit 1;
