-- What waits says why and until when, and what came of a batch knows which of its videos it is.

-- Since when smaller jobs pass a job that does not fit into what is left of the day.
alter table job add column passed_at integer;
create index job_passed on job (rate_bucket, passed_at) where passed_at is not null;

-- Why the vendor accepts nothing in a rate bucket, in its own words.
alter table rate_hold add column since integer not null default 0;
alter table rate_hold add column reason text not null default '';

-- Which of the generations of its job it is, counted from 1 in the order of the vendor's answer; 0: not known.
alter table generation add column number integer not null default 0;

-- Jobs that cannot be sent now are passed without reading them: all that decides is in the index.
drop index job_line;
create index job_line on job (
    rate_bucket, turn, id, kind, status, videos, estimate, due_at, leased_until
) where due_at is not null;
