-- What pages, API and commands list.

-- name: list_events
-- Incoming webhooks, newest first.
select
    e.id, e.delivery_id, e.status, e.name, e.label, e.secret, e.received_at, e.repeats, e.changed
from event e
where e.id < :before
order by e.id desc
limit :limit;

-- name: list_deliveries_of_events
-- The deliveries that a range of webhooks led to.
select r.event_id, d.connection, d.status
from result r join delivery d on d.result_id = r.id
where r.event_id >= :first and r.event_id <= :last
order by r.event_id, r.id, d.connection;

-- name: find_event
-- One webhook.
select
    e.id, e.delivery_id, e.status, e.name, e.label, e.secret, e.received_at, e.repeats, e.changed
from event e
where e.id = :id;

-- name: find_event_body
-- Headers and body of a webhook; no row when it is unknown or its body was pruned.
select headers, body from event_body where event_id = :id;

-- name: list_deliveries
-- Deliveries, newest first. The next four are one for each filter, so that each follows its index.
select * from delivery_summary where id < :before order by id desc limit :limit;

-- name: list_deliveries_by_status
-- Deliveries of one status.
select * from delivery_summary where status = :status and id < :before order by id desc limit :limit;

-- name: list_deliveries_of_connection
-- Deliveries to one connection.
select * from delivery_summary where connection = :connection and id < :before
order by id desc limit :limit;

-- name: list_deliveries_of_connection_by_status
-- Deliveries of one status to one connection.
select * from delivery_summary where connection = :connection and status = :status and id < :before
order by id desc limit :limit;

-- name: list_deliveries_of_generation
-- Deliveries of one generation.
select * from delivery_summary
where generation_id = :generation_id and (:connection = '' or connection = :connection)
    and (:status = '' or status = :status) and id < :before
order by id desc limit :limit;

-- name: find_delivery
-- One delivery.
select * from delivery_summary where id = :id;

-- name: count_deliveries_ahead
-- How many deliveries to a connection are due before one of them; those under lease are due at its end.
select count(*) as number from delivery
where connection = :connection and due_at <= :due_at and (due_at < :due_at or id < :id);

-- name: list_attempts
-- The attempts of a delivery, first to last.
select token as number, outcome, started_at, milliseconds, http_status, message, answer
from attempt where delivery_id = :delivery_id order by token;

-- name: list_pauses
-- All connections that stand still: paused, or stopped by a hold of what they call.
select connection, since, why, until, 0 as held from connection_pause
union all
select r.connection, h.since, h.why, h.until, 1 as held
from target_hold h join connection_route r on r.held_by = h.target;

-- name: oldest_due
-- When the delivery that has waited longest became due.
select min(due_at) as due_at from delivery where due_at is not null;

-- name: list_generations
-- Generations, newest first. The vendor's ids do not sort by time; an unknown `before` starts at the
-- newest.
select id, kind, status_rank, context, job_id, created_at, updated_at from generation
where (created_at, id) < (
    coalesce((select created_at from generation where id = :before), 9000000000000000), :before
)
order by created_at desc, id desc
limit :limit;

-- name: find_generation
-- One generation.
select id, kind, status_rank, context, job_id, created_at, updated_at from generation where id = :id;
