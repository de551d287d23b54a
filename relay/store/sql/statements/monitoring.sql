-- What is not done: counted along an index, and never further than a limit, however much there is.

-- name: count_deliveries_in_status
-- Deliveries of one status to one connection.
select count(*) as number from (
    select 1 from delivery where connection = :connection and status = :status limit :most
) counted;

-- name: oldest_due_of_connection
-- When the delivery to one connection that has waited longest became due.
select min(due_at) as due_at from delivery where connection = :connection and due_at is not null;

-- name: count_jobs_in_status
-- Jobs of one status.
select count(*) as number from (select 1 from job where status = :status limit :most) counted;

-- name: newest_event
-- The webhook that came last; no row when none ever came.
select received_at from event order by id desc limit 1;
