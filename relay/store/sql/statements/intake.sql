-- Webhooks that came in, and the context they carry.

-- name: insert_event
-- Keep a webhook; no row when this status of this delivery id is known.
insert into event (id, delivery_id, status, name, label, secret, received_at, digest)
values (:id, :delivery_id, :status, :name, :label, :secret, :received_at, :digest)
on conflict (delivery_id, status) do nothing
returning id;

-- name: insert_event_body
-- Keep its headers and bytes, apart from it, so that they can be pruned.
insert into event_body (event_id, headers, body) values (:event_id, :headers, :body);

-- name: add_events
-- Keep webhooks, of which none may be known: fewer rows are written where one is.
insert into event (id, delivery_id, status, name, label, secret, received_at, digest)
values (:id, :delivery_id, :status, :name, :label, :secret, :received_at, :digest)
on conflict (delivery_id, status) do nothing;

-- name: repeat_event
-- Count a duplicate of a known webhook, and whether its body differs.
update event
set repeats = repeats + 1, changed = changed + case when digest = :digest then 0 else 1 end
where delivery_id = :delivery_id and status = :status
returning id, digest;

-- name: old_bodies
-- The oldest bodies of webhooks received before a moment; ids sort by time.
select event_id from event_body where event_id < :before order by event_id limit :most;

-- name: delete_body
-- Forget one body; the webhook itself stays, as the guard against duplicates.
delete from event_body where event_id = :event_id;

-- name: find_same_body
-- Whether another webhook had the very same bytes.
select 1 from event where digest = :digest and status = :status and id <> :id limit 1;

-- name: find_context
-- The context of one generation, and whose word it is.
select context, context_unsigned, job_id from generation where id = :id;

-- name: save_context
-- Replace the context of one generation.
update generation set context = :context, context_unsigned = :context_unsigned where id = :id;
