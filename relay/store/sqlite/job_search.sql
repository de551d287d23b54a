-- The words of each job in the full-text index (FTS5), found by row number: both are SQLite's own.

-- name: insert_job_words
-- Index the words of a new job.
insert into job_search (job_id, words) values (:job_id, :words);

-- name: add_job_words
-- Index more words of a job.
update job_search set words = words || ' ' || :words
where rowid = (select rowid from job_search where job_search match '"' || :job_id || '"' and job_id = :job_id);

-- name: search_jobs
-- Jobs with these words, newest first: rows are written in the order of the jobs. Of those with the words,
-- 2,000 at most are compared with the other filters.
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
-- The row number of a job among those with these words, to go on from it.
select job_search.rowid as place from job_search
where job_search match :words and job_search.job_id = :job_id
order by job_search.rowid desc limit 1;
