-- Deliveries: the claim, leases, attempts, pace, pauses and holds.

-- name: claim_state
-- What decides whether a connection may be served now: the first due delivery, leases of this worker and of
-- others, the pace of its target, its pause and its hold.
select
    (select min(due_at) from delivery where connection = :connection and due_at is not null) as due_at,
    (select count(*) from delivery
        where connection = :connection and leased_until > :now and leased_by = :worker) as mine,
    (select count(*) from delivery
        where connection = :connection and leased_until > :now and leased_by <> :worker) as others,
    (select next_at from target_rate where target = :paced_by) as next_at,
    (select coalesce(until, 9000000000000000) from connection_pause where connection = :connection) as paused_until,
    (select until from target_hold where target = :held_by) as held_until;

-- name: due_deliveries
-- Deliveries of a connection that are due, earliest first, except while another one of the same generation
-- is leased.
select
    d.id, d.token, d.tries, d.leased_until,
    d.result_id, r.generation_id, r.status, r.details, r.received_at, g.kind, g.context,
    coalesce(j.batch_id, '') as batch_id,
    exists (select 1 from archive_copy a where a.result_id = r.id and a.status = 'archived') as has_copies
from delivery d
join result r on r.id = d.result_id
join generation g on g.id = d.generation_id
left join job j on j.id = g.job_id
where d.connection = :connection and d.due_at <= :now
    and not exists (
        select 1 from delivery other
        where other.generation_id = d.generation_id and other.connection = d.connection
            and other.id <> d.id and other.leased_until > :now
    )
order by d.due_at
limit :limit;
-- lock: for update of d skip locked

-- name: lease_delivery
-- Lease a delivery under a new token; a lease that ran out counts as a try.
update delivery
set token = token + 1, leased_until = :lease_until, leased_by = :worker, due_at = :lease_until,
    tries = tries + :interrupted
where id = :id;

-- name: renew_lease
-- Extend a lease, unless its token is stale.
update delivery set leased_until = cast(:until as bigint),
    due_at = case when due_at is not null then cast(:until as bigint) end
where id = :id and token = :token and leased_until is not null;

-- name: release_lease
-- Give a delivery back untouched, due now.
update delivery set leased_until = null, due_at = case when due_at is not null then cast(:now as bigint) end,
    due_set_at = :now
where id = :id and token = :token and leased_until is not null;

-- name: list_lease_holders
-- The workers whose leases have not ended.
select distinct leased_by from delivery where leased_until > :now;

-- name: end_leases_of
-- End the leases of a worker that has died.
update delivery set leased_until = cast(:now as bigint),
    due_at = case when due_at is not null then cast(:now as bigint) end, due_set_at = :now
where leased_by = :worker and leased_until > :now;

-- name: holds_lease
-- Whether this token still holds the lease.
select 1 from delivery where id = :id and token = :token and leased_until is not null;
-- lock: for update

-- name: settle_delivery
-- Write down how an attempt ended; no row when its token is stale. What was superseded during the call
-- stays skipped unless it was delivered all the same.
update delivery
set status = case when status = 'skipped' and :status <> 'delivered' then 'skipped' else :status end,
    due_at = case when status <> 'skipped' then cast(:due_at as bigint) end, due_set_at = :now,
    settled_at = case when status = 'skipped' or cast(:due_at as bigint) is null then cast(:now as bigint) end,
    leased_until = null,
    tries = case when :restarts = 1 then 0 else tries end + :counts,
    link = case when :link = '' then link else :link end,
    note = case when status = 'skipped' and :status <> 'delivered' then note else :note end
where id = :id and token = :token and leased_until is not null
returning id;

-- name: insert_attempt
-- Keep one attempt of a delivery.
insert into attempt (delivery_id, token, outcome, started_at, milliseconds, http_status, message, answer)
values (:delivery_id, :token, :outcome, :started_at, :milliseconds, :http_status, :message, :answer)
on conflict (delivery_id, token) do nothing;

-- name: pace_target
-- Call a target no earlier than this; a later moment stays.
insert into target_rate (target, next_at) values (:target, :next_at)
on conflict (target) do update set next_at = excluded.next_at where target_rate.next_at < excluded.next_at;

-- name: insert_target_hold
-- Hold a target. Of two holds, the one that ends last stays.
insert into target_hold (target, since, until, why) values (:target, :since, :until, :why)
on conflict (target) do update set since = excluded.since, until = excluded.until, why = excluded.why
where target_hold.until < excluded.until;

-- name: end_target_hold
-- End the hold that stops a connection; no row when there is none.
delete from target_hold where target in (select held_by from connection_route where connection = :connection)
returning target;

-- name: end_due_target_holds
-- End the holds whose time is over.
delete from target_hold where until <= :now;

-- name: find_route
-- What a connection was held by when its options were last seen, and their fingerprint.
select held_by, fingerprint from connection_route where connection = :connection;

-- name: save_route
-- Keep what a connection is held by, and the fingerprint of its options.
insert into connection_route (connection, held_by, fingerprint) values (:connection, :held_by, :fingerprint)
on conflict (connection) do update set held_by = excluded.held_by, fingerprint = excluded.fingerprint;

-- name: remove_route
-- Forget what a connection is held by.
delete from connection_route where connection = :connection;

-- name: send_now
-- Make the deliveries of a connection that wait for another attempt due now; those in hand stay.
update delivery set due_at = :now, due_set_at = :now
where connection = :connection and due_at > :now and token > 0 and leased_until is null;

-- name: load_connector_state
-- What a connector saved for this connection and scope.
select content from connector_state where connection = :connection and scope = :scope;

-- name: save_connector_state
-- Replace what a connector saved.
insert into connector_state (connection, scope, content) values (:connection, :scope, :content)
on conflict (connection, scope) do update set content = excluded.content;

-- name: insert_pause
-- Pause a connection. The longer of two pauses stays: an attempt that ends late does not shorten what a
-- person decided.
insert into connection_pause (connection, since, until, why, fingerprint)
values (:connection, :since, :until, :why, :fingerprint)
on conflict (connection) do update
set until = excluded.until, why = excluded.why, fingerprint = excluded.fingerprint
where connection_pause.until is not null and (excluded.until is null or excluded.until > connection_pause.until);

-- name: end_pause
-- End the pause of a connection; no row when it was not paused.
delete from connection_pause where connection = :connection returning connection;

-- name: end_changed_pause
-- End a pause whose connection's options have changed since it failed.
delete from connection_pause where connection = :connection and fingerprint <> '' and fingerprint <> :fingerprint
returning connection;

-- name: end_due_pauses
-- End the pauses whose time is over.
delete from connection_pause where until <= :now;
