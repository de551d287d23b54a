-- What lists and counts read, by index, however much there is.

create index delivery_connection on delivery (connection, id);
create index delivery_connection_status on delivery (connection, status, id);

-- What the last day cost is added up for the budget: from the index alone.
drop index job_spent;
create index job_spent on job (submitted_at, source, credits, estimate, refunded)
where submitted_at is not null;

-- Beginnings of words are found without merging what begins so, up to eight letters.
alter table job_search rename to job_search_before;
create virtual table job_search using fts5 (
    job_id unindexed, words, tokenize = 'unicode61', prefix = '1 2 3 4 5 6 7 8'
);
insert into job_search (rowid, job_id, words) select rowid, job_id, words from job_search_before order by rowid;
drop table job_search_before;

-- A delivery with what it delivers. `cross join` keeps the delivery first, whose index a list goes along.
create view delivery_summary as
select
    d.id, d.generation_id, r.status as result_status, g.kind, d.connection, d.status, d.token as attempts,
    d.due_at, d.settled_at, d.link, d.note
from delivery d
cross join result r on r.id = d.result_id
cross join generation g on g.id = d.generation_id;

-- Which may be sent again: of the status that the generation has now, to a connection that is still there.
create view replayable_delivery as
select d.id, d.generation_id, d.connection, d.status, d.leased_until
from delivery d
cross join result r on r.id = d.result_id
cross join generation g on g.id = d.generation_id
where d.status <> 'skipped' and r.rank = g.rank
    and not exists (select 1 from connection c where c.name = d.connection and c.removed_at is not null);

-- How many copies there are of each status on each shelf, and their bytes: kept, so that nobody counts them.
create table archive_total (
    status text not null,
    shelf text not null,
    number integer not null,
    size integer not null,
    primary key (status, shelf)
) strict, without rowid;

insert into archive_total (status, shelf, number, size)
select status, shelf, count(*), coalesce(sum(size), 0) from archive group by status, shelf;

create trigger archive_added after insert on archive
begin
    insert into archive_total (status, shelf, number, size)
    values (new.status, new.shelf, 1, coalesce(new.size, 0))
    on conflict (status, shelf) do update set number = number + 1, size = size + excluded.size;
end;

create trigger archive_changed after update of status, shelf, size on archive
begin
    update archive_total set number = number - 1, size = size - coalesce(old.size, 0)
    where status = old.status and shelf = old.shelf;
    insert into archive_total (status, shelf, number, size)
    values (new.status, new.shelf, 1, coalesce(new.size, 0))
    on conflict (status, shelf) do update set number = number + 1, size = size + excluded.size;
end;

create trigger archive_removed after delete on archive
begin
    update archive_total set number = number - 1, size = size - coalesce(old.size, 0)
    where status = old.status and shelf = old.shelf;
end;
