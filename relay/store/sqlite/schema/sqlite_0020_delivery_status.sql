-- Lists show of a delivery whether a worker has it in hand, and whether a later result replaced what it brings.
drop view delivery_summary;
create view delivery_summary as
select
    d.id, d.generation_id, r.status as result_status, g.kind, d.connection, d.status, d.token as attempt_count,
    d.due_at, d.settled_at, d.link, d.note, d.leased_until, g.status_rank as generation_rank
from delivery d
cross join result r on r.id = d.result_id
cross join generation g on g.id = d.generation_id;

-- A note is what an attempt said: that a delivery waits for a copy is read from its due time.
update delivery set note = '' where due_at is not null and note = 'waits for the archive''s copy';
