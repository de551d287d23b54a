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

-- name: repeat_event
update event
set repeats = repeats + 1, changed = changed + case when digest = :digest then 0 else 1 end
where delivery_id = :delivery_id and status = :status
returning id, digest;

-- Raises the generation to this result's rank. No row: it stands higher or equal already.
-- name: advance_generation
insert into generation (id, kind, rank, created_at, updated_at)
values (:generation_id, :kind, :rank, :now, :now)
on conflict (id) do update
set rank = excluded.rank, updated_at = excluded.updated_at,
    kind = case when generation.kind = 'unknown' then excluded.kind else generation.kind end
where generation.rank < excluded.rank
returning id;

-- name: insert_result
insert into result (id, generation_id, status, rank, event_id, received_at, details)
values (:id, :generation_id, :status, :rank, :event_id, :received_at, :details)
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

-- name: insert_delivery
insert into delivery (id, result_id, generation_id, connection, status, due_at, settled_at, note)
values (:id, :result_id, :generation_id, :connection, :status, :due_at, :settled_at, :note)
on conflict (result_id, connection) do nothing;

-- ---- delivery

-- name: look
select
    (select min(due_at) from delivery where connection = :connection and due_at is not null) as due_at,
    (select count(*) from delivery
        where connection = :connection and leased_until > :now and leased_by = :worker) as mine,
    (select count(*) from delivery
        where connection = :connection and leased_until > :now and leased_by <> :worker) as others,
    (select next_at from rate where target = :target) as next_at,
    (select coalesce(until, 9000000000000000) from pause where connection = :connection) as paused_until;

-- name: due_deliveries
select
    d.id, d.token, d.tries, d.leased_until,
    r.generation_id, r.status, r.details, g.kind, g.context
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
    tries = tries + :counts,
    link = case when :link = '' then link else :link end,
    note = case when status = 'skipped' and :status <> 'delivered' then note else :note end
where id = :id and token = :token and leased_until is not null
returning id;

-- name: insert_attempt
insert into attempt (delivery_id, token, outcome, started_at, milliseconds, http_status, message, answer)
values (:delivery_id, :token, :outcome, :started_at, :milliseconds, :http_status, :message, :answer)
on conflict (delivery_id, token) do nothing;

-- name: hold_target
insert into rate (target, next_at) values (:target, :next_at)
on conflict (target) do update set next_at = excluded.next_at where rate.next_at < excluded.next_at;

-- name: load_memory
select content from memory where connection = :connection and scope = :scope;

-- name: save_memory
insert into memory (connection, scope, content) values (:connection, :scope, :content)
on conflict (connection, scope) do update set content = excluded.content;

-- The longer of two pauses stands: an attempt that ends late does not shorten what a person decided.
-- name: insert_pause
insert into pause (connection, since, until, why, fingerprint)
values (:connection, :since, :until, :why, :fingerprint)
on conflict (connection) do update
set until = excluded.until, why = excluded.why, fingerprint = excluded.fingerprint
where pause.until is not null and (excluded.until is null or excluded.until > pause.until);

-- name: end_pause
delete from pause where connection = :connection returning connection;

-- name: end_mended_pause
delete from pause where connection = :connection and fingerprint <> '' and fingerprint <> :fingerprint
returning connection;

-- name: end_due_pause
delete from pause where connection = :connection and until <= :now;

-- Which may be sent again: not in hand, and of the status that the generation has now.
-- name: replayable
select d.id
from delivery d
join result r on r.id = d.result_id
join generation g on g.id = d.generation_id
where d.status <> 'skipped' and r.rank = g.rank
    and (d.leased_until is null or d.leased_until <= :now)
    and (:id = '' or d.id = :id)
    and (:connection = '' or d.connection = :connection)
    and (:status = '' or d.status = :status)
    and (:generation_id = '' or d.generation_id = :generation_id);

-- name: replay_delivery
update delivery
set status = 'pending', due_at = :now, tries = 0, settled_at = null
where id = :id;

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

-- name: list_deliveries
select
    d.id, d.generation_id, r.status as result_status, g.kind, d.connection, d.status, d.token as attempts,
    d.due_at, d.settled_at, d.link, d.note
from delivery d
join result r on r.id = d.result_id
join generation g on g.id = d.generation_id
where d.id < :before
    and (:status = '' or d.status = :status)
    and (:connection = '' or d.connection = :connection)
    and (:generation_id = '' or d.generation_id = :generation_id)
order by d.id desc
limit :limit;

-- name: list_attempts
select token as number, outcome, started_at, milliseconds, http_status, message, answer
from attempt where delivery_id = :delivery_id order by token;

-- name: list_pauses
select connection, since, why, until from pause;

-- name: oldest_due
select min(due_at) as due_at from delivery where due_at is not null;
