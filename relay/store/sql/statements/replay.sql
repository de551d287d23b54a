-- Choosing deliveries to send again: one statement for each way of choosing, so that each has its index.
-- All give the deliveries after `after` by id, a step at a time.

-- name: replayable
-- All of them.
select id, connection from replayable_delivery where id > :after and id < :before
    and (leased_until is null or leased_until <= :now)
order by id limit :most;

-- name: replayable_by_id
-- One delivery by its id, if it fits the other choices too.
select id, connection from replayable_delivery
where id = :id and (:connection = '' or connection = :connection) and (:status = '' or status = :status)
    and (:generation_id = '' or generation_id = :generation_id) and (leased_until is null or leased_until <= :now);

-- name: replayable_of_generation
-- Those of one generation.
select id, connection from replayable_delivery
where generation_id = :generation_id
    and (:connection = '' or connection = :connection) and (:status = '' or status = :status)
    and id > :after and id < :before
    and (leased_until is null or leased_until <= :now)
order by id limit :most;

-- name: replayable_by_status
-- Those of one status.
select id, connection from replayable_delivery where status = :status and id > :after and id < :before
    and (leased_until is null or leased_until <= :now)
order by id limit :most;

-- name: replayable_of_connection
-- Those to one connection.
select id, connection from replayable_delivery where connection = :connection and id > :after and id < :before
    and (leased_until is null or leased_until <= :now)
order by id limit :most;

-- name: replayable_of_connection_by_status
-- Those of one status to one connection.
select id, connection from replayable_delivery
where connection = :connection and status = :status and id > :after and id < :before
    and (leased_until is null or leased_until <= :now)
order by id limit :most;

-- name: replay_delivery
-- Make a delivery due now, as if it had never been tried; its key stays.
update delivery
set status = 'pending', due_at = :now, due_set_at = :now, tries = 0, settled_at = null, note = ''
where id = :id;
