-- The words of each job in a full-text index (GIN), split into tokens by us.

-- name: insert_job_words
-- Index the words of a new job.
insert into job_search (job_id, words) values (:job_id, array_to_tsvector(string_to_array(:tokens, ' ')));

-- name: add_job_words
-- Index more words of a job.
update job_search set words = words || array_to_tsvector(string_to_array(:tokens, ' ')) where job_id = :job_id;

-- name: search_jobs
-- Jobs with these words, newest first. Of those with the words, 2,000 at most are compared with the other filters.
select job.* from (
    select job_id from job_search
    where words @@ cast(:words as tsquery) and job_id < :before
    order by job_id desc limit 2000
) found
join job on job.id = found.job_id
where job.id >= :since and job.id < :until
    and (:status = '' or job.status = :status) and (:kind = '' or job.kind = :kind)
order by job.id desc limit :limit;
