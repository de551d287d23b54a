-- Every statement of the store, once, by name. Portable: named parameters, keys made by us, on conflict,
-- returning. They run inside a transaction that the engine began for writing.

-- ---- intake

-- name: insert_event
insert into event (id, delivery_id, status, name, label, secret, received_at, digest)
values (:id, :delivery_id, :status, :name, :label, :secret, :received_at, :digest)
on conflict (delivery_id, status) do nothing
returning id;

-- name: insert_event_body
insert into event_body (event_id, headers, body) values (:event_id, :headers, :body);

-- Ids sort by time.
-- name: old_bodies
select event_id from event_body where event_id < :before order by event_id limit :most;

-- name: delete_body
delete from event_body where event_id = :event_id;

-- name: repeat_event
update event
set repeats = repeats + 1, changed = changed + case when digest = :digest then 0 else 1 end
where delivery_id = :delivery_id and status = :status
returning id, digest;

-- Raises the generation to this result's rank. No row: it stands higher or equal already.
-- name: advance_generation
insert into generation (id, kind, status_rank, created_at, updated_at)
values (:generation_id, :kind, :status_rank, :now, :now)
on conflict (id) do update
set status_rank = excluded.status_rank, updated_at = excluded.updated_at,
    kind = case when generation.kind = 'unknown' then excluded.kind else generation.kind end
where generation.status_rank < excluded.status_rank
returning id, job_id;

-- name: find_context
select context from generation where id = :id;

-- name: save_context
update generation set context = :context where id = :id;

-- name: insert_result
insert into result (id, generation_id, status, status_rank, event_id, received_at, details)
values (:id, :generation_id, :status, :status_rank, :event_id, :received_at, :details)
on conflict (generation_id, status) do nothing
returning id;

-- name: find_result
select id, details from result where generation_id = :generation_id and status = :status;

-- name: fill_result
update result set details = :details where id = :id;

-- One in hand keeps its lease: it is settled as delivered if the call succeeds, and stays skipped if not.
-- name: supersede_deliveries
update delivery
set status = 'skipped', due_at = null, settled_at = :now, note = :note
where generation_id = :generation_id and status in ('pending', 'retrying');

-- Nothing is owed any more to a connection that was removed, by whoever has not heard of it yet.
-- name: insert_delivery
insert into delivery (id, result_id, generation_id, connection, status, due_at, settled_at, note)
select :id, :result_id, :generation_id, :connection, :status, :due_at, :settled_at, :note
where not exists (select 1 from connection where name = :connection and removed_at is not null)
on conflict (result_id, connection) do nothing;

-- name: insert_shop_event
insert into shop_event (id, connection, webhook_id, topic, shop, received_at, body, due_at)
values (:id, :connection, :webhook_id, :topic, :shop, :received_at, :body, :received_at)
on conflict (webhook_id) do nothing
returning id;

-- name: claim_shop_event
update shop_event set due_at = :until, attempts = attempts + 1
where id = (select id from shop_event where due_at <= :now order by due_at limit 1)
returning *;

-- name: reschedule_shop_event
update shop_event set due_at = :until, note = :note where id = :id and due_at is not null;

-- name: end_shop_event
update shop_event set due_at = null, note = :note, job_id = :job_id where id = :id;

-- name: due_shop_event
select 1 from shop_event where due_at <= :now limit 1;

-- name: find_shop_event
select * from shop_event where id = :id;

-- name: list_shop_events
select id, connection, webhook_id, topic, shop, received_at, body from shop_event
where id < :before order by id desc limit :limit;

-- ---- delivery

-- name: claim_state
select
    (select min(due_at) from delivery where connection = :connection and due_at is not null) as due_at,
    (select count(*) from delivery
        where connection = :connection and leased_until > :now and leased_by = :worker) as mine,
    (select count(*) from delivery
        where connection = :connection and leased_until > :now and leased_by <> :worker) as others,
    (select next_at from target_rate where target = :paced_by) as next_at,
    (select coalesce(until, 9000000000000000) from connection_pause where connection = :connection) as paused_until;

-- name: due_deliveries
select
    d.id, d.token, d.tries, d.leased_until,
    r.generation_id, r.status, r.details, r.received_at, g.kind, g.context,
    (select group_concat(a.number || ' ' || a.storage || ' ' || a.key, ',')
        from archive_copy a where a.result_id = r.id and a.status = 'archived') as copies
from delivery d
join result r on r.id = d.result_id
join generation g on g.id = d.generation_id
where d.connection = :connection and d.due_at <= :now
    and not exists (
        select 1 from delivery other
        where other.generation_id = d.generation_id and other.connection = d.connection
            and other.id <> d.id and other.leased_until > :now
    )
order by d.due_at
limit :limit;

-- name: lease_delivery
update delivery
set token = token + 1, leased_until = :lease_until, leased_by = :worker, due_at = :lease_until,
    tries = tries + :interrupted
where id = :id;

-- name: renew_lease
update delivery set leased_until = :until, due_at = case when due_at is null then null else :until end
where id = :id and token = :token and leased_until is not null;

-- name: release_lease
update delivery set leased_until = null, due_at = case when due_at is null then null else :now end
where id = :id and token = :token and leased_until is not null;

-- What was superseded while in hand stays skipped unless it was delivered all the same.
-- name: settle_delivery
update delivery
set status = case when status = 'skipped' and :status <> 'delivered' then 'skipped' else :status end,
    due_at = case when status = 'skipped' then null else :due_at end,
    settled_at = case when status = 'skipped' or :due_at is null then :now else null end,
    leased_until = null,
    tries = case when :restarts = 1 then 0 else tries end + :counts,
    link = case when :link = '' then link else :link end,
    note = case when status = 'skipped' and :status <> 'delivered' then note else :note end
where id = :id and token = :token and leased_until is not null
returning id;

-- name: insert_attempt
insert into attempt (delivery_id, token, outcome, started_at, milliseconds, http_status, message, answer)
values (:delivery_id, :token, :outcome, :started_at, :milliseconds, :http_status, :message, :answer)
on conflict (delivery_id, token) do nothing;

-- name: hold_target
insert into target_rate (target, next_at) values (:target, :next_at)
on conflict (target) do update set next_at = excluded.next_at where target_rate.next_at < excluded.next_at;

-- name: load_connector_state
select content from connector_state where connection = :connection and scope = :scope;

-- name: holds_lease
select 1 from delivery where id = :id and token = :token and leased_until is not null;

-- name: save_connector_state
insert into connector_state (connection, scope, content) values (:connection, :scope, :content)
on conflict (connection, scope) do update set content = excluded.content;

-- The longer of two pauses stands: an attempt that ends late does not shorten what a person decided.
-- name: insert_pause
insert into connection_pause (connection, since, until, why, fingerprint)
values (:connection, :since, :until, :why, :fingerprint)
on conflict (connection) do update
set until = excluded.until, why = excluded.why, fingerprint = excluded.fingerprint
where connection_pause.until is not null and (excluded.until is null or excluded.until > connection_pause.until);

-- name: end_pause
delete from connection_pause where connection = :connection returning connection;

-- name: end_changed_pause
delete from connection_pause where connection = :connection and fingerprint <> '' and fingerprint <> :fingerprint
returning connection;

-- name: end_due_pause
delete from connection_pause where connection = :connection and until <= :now;

-- Which may be sent again: not in hand. One statement for each way of choosing, so that each has its index.
-- name: replayable
select id from replayable_delivery where (leased_until is null or leased_until <= :now) limit :most;

-- name: replayable_by_id
select id from replayable_delivery
where id = :id and (:connection = '' or connection = :connection) and (:status = '' or status = :status)
    and (:generation_id = '' or generation_id = :generation_id) and (leased_until is null or leased_until <= :now);

-- name: replayable_of_generation
select id from replayable_delivery
where generation_id = :generation_id
    and (:connection = '' or connection = :connection) and (:status = '' or status = :status)
    and (leased_until is null or leased_until <= :now)
limit :most;

-- name: replayable_by_status
select id from replayable_delivery where status = :status and (leased_until is null or leased_until <= :now) limit :most;

-- name: replayable_of_connection
select id from replayable_delivery where connection = :connection and (leased_until is null or leased_until <= :now) limit :most;

-- name: replayable_of_connection_by_status
select id from replayable_delivery
where connection = :connection and status = :status and (leased_until is null or leased_until <= :now)
limit :most;

-- name: replay_delivery
update delivery
set status = 'pending', due_at = :now, tries = 0, settled_at = null
where id = :id;

-- ---- archive

-- name: insert_copy
insert into archive_copy (result_id, number, url, status, due_at)
values (:result_id, :number, :url, 'pending', :now)
on conflict (result_id, number) do nothing;

-- name: next_copy
select min(due_at) as due_at from archive_copy where due_at is not null;

-- name: due_copies
select
    a.result_id, a.number, a.token, a.tries, a.url, a.leased_until,
    (select r.generation_id from result r where r.id = a.result_id) as generation_id,
    (select r.received_at from result r where r.id = a.result_id) as received_at
from archive_copy a
where a.due_at <= :now
order by a.due_at
limit :limit;

-- name: lease_copy
update archive_copy
set token = token + 1, leased_until = :lease_until, due_at = :lease_until, tries = tries + :interrupted
where result_id = :result_id and number = :number;

-- name: renew_copy
update archive_copy set leased_until = :until, due_at = :until
where result_id = :result_id and number = :number and token = :token and leased_until is not null;

-- name: release_copy
update archive_copy set leased_until = null, due_at = :now
where result_id = :result_id and number = :number and token = :token and leased_until is not null;

-- name: settle_copy
update archive_copy
set status = :status, due_at = :due_at, leased_until = null, tries = tries + :counts, note = :note,
    storage = :storage, key = :key, type = :type, size = :size, sha256 = :digest, archived_at = :archived_at
where result_id = :result_id and number = :number and token = :token and leased_until is not null
returning result_id;

-- When nothing of the result is waited for any more: its deliveries that nobody began.
-- name: end_hold
update delivery set due_at = :now, note = ''
where result_id = :result_id and token = 0 and status = 'pending' and due_at > :now
    and not exists (
        select 1 from archive_copy a
        where a.result_id = :result_id and a.status in ('pending', 'retrying')
    )
returning id;

-- name: retry_copies
update archive_copy set status = 'pending', due_at = :now, tries = 0
where status = 'failed'
returning result_id;

-- name: storage_size
select coalesce(sum(size), 0) as size from archive_copy_total where status = 'archived' and storage = :storage;

-- name: count_copies
select status, sum(number) as number, sum(size) as size from archive_copy_total group by status;

-- name: list_unarchived
select r.generation_id, a.number, a.status, a.tries, a.due_at, a.note
from archive_copy a join result r on r.id = a.result_id
where a.status in ('failed', 'retrying', 'pending')
order by a.status, a.result_id desc, a.number
limit :limit;

-- ---- reading

-- name: list_events
select
    e.id, e.delivery_id, e.status, e.name, e.label, e.secret, e.received_at, e.repeats, e.changed,
    coalesce((
        select group_concat(d.connection || ' ' || d.status, ', ')
        from result r join delivery d on d.result_id = r.id
        where r.event_id = e.id
    ), '') as deliveries
from event e
where e.id < :before
order by e.id desc
limit :limit;

-- One for each filter, so that each goes along its index.
-- name: list_deliveries
select * from delivery_summary where id < :before order by id desc limit :limit;

-- name: list_deliveries_by_status
select * from delivery_summary where status = :status and id < :before order by id desc limit :limit;

-- name: list_deliveries_of_connection
select * from delivery_summary where connection = :connection and id < :before
order by id desc limit :limit;

-- name: list_deliveries_of_connection_by_status
select * from delivery_summary where connection = :connection and status = :status and id < :before
order by id desc limit :limit;

-- name: list_deliveries_of_generation
select * from delivery_summary
where generation_id = :generation_id and (:connection = '' or connection = :connection)
    and (:status = '' or status = :status) and id < :before
order by id desc limit :limit;

-- name: list_attempts
select token as number, outcome, started_at, milliseconds, http_status, message, answer
from attempt where delivery_id = :delivery_id order by token;

-- name: list_pauses
select connection, since, why, until from connection_pause;

-- name: oldest_due
select min(due_at) as due_at from delivery where due_at is not null;

-- ---- connections

-- name: connections_revision
select number from connection_revision where id = 1;

-- One statement, so that the rows are those of the revision. Without any: one row of nulls.
-- name: list_connections
select v.number, c.name, c.kind, c.options, c.filters, c.sealed_fields, c.sealed, c.revision
from connection_revision v
left join connection c on c.removed_at is null
where v.id = 1
order by c.name;

-- name: raise_revision
update connection_revision set number = number + 1 where id = 1 returning number;

-- No row: the name is taken.
-- name: add_connection
insert into connection (name, kind, options, filters, sealed_fields, sealed, revision)
values (:name, :kind, :options, :filters, :sealed_fields, :sealed, :revision)
on conflict (name) do update
set kind = excluded.kind, options = excluded.options, filters = excluded.filters,
    sealed_fields = excluded.sealed_fields, sealed = excluded.sealed, revision = excluded.revision,
    removed_at = null
where connection.removed_at is not null
returning name;

-- No row: it was changed or removed since.
-- name: change_connection
update connection
set options = :options, filters = :filters, sealed_fields = :sealed_fields, sealed = :sealed,
    revision = :revision
where name = :name and revision = :changes and removed_at is null
returning name;

-- name: remove_connection
update connection
set options = '{}', filters = '{}', sealed_fields = '', sealed = '', revision = :revision, removed_at = :now
where name = :name and removed_at is null
returning name;

-- One in hand keeps its lease, as when it is superseded.
-- name: skip_deliveries
update delivery
set status = 'skipped', due_at = null, settled_at = :now, note = :note
where connection = :connection and status in ('pending', 'retrying');

-- name: free_name
delete from connection where name = :name and removed_at is not null;

-- name: count_waiting
select count(*) as number from delivery where connection = :connection and due_at is not null;
