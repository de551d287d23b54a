-- What the pages keep: settings that no environment sets, who tried to sign in, and words to find jobs by.

create table setting (
    name text primary key,
    value text not null
) strict, without rowid;

-- Tries to sign in that did not succeed so far; forgotten after a while.
create table sign_in_try (
    who text not null,                -- the network address it came from
    at integer not null
) strict;
create index sign_in_try_who on sign_in_try (who, at);
create index sign_in_try_at on sign_in_try (at);

-- Prompt, context and ids of each job, by words.
create virtual table job_search using fts5 (job_id unindexed, words, tokenize = 'unicode61');
insert into job_search (job_id, words)
select id, id || ' ' || vendor_id
    || ' ' || coalesce((select group_concat(value, ' ') from json_each(job.wish) where type = 'text'), '')
    || ' ' || coalesce((select group_concat(value, ' ') from json_each(job.context)), '')
    || ' ' || batch_id
from job order by id;
