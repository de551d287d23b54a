-- Webhooks of shops about themselves.

-- name: insert_shop_event
-- Keep a shop's webhook; no row when its webhook id is known.
insert into shop_event (id, connection, webhook_id, topic, shop, received_at, body, due_at, due_set_at)
values (:id, :connection, :webhook_id, :topic, :shop, :received_at, :body, :received_at, :received_at)
on conflict (webhook_id) do nothing
returning id;

-- name: due_shop_event
-- Whether any shop webhook is due to be processed.
select 1 from shop_event where due_at <= :now limit 1;

-- name: claim_shop_event
-- Lease the shop webhook that is due first, and count the attempt.
update shop_event set due_at = :until, due_set_at = :now, attempts = attempts + 1
where id = (select id from shop_event where due_at <= :now order by due_at limit 1)
returning *;

-- name: reschedule_shop_event
-- Process it again later, with the reason.
update shop_event set due_at = :until, note = :note where id = :id and due_at is not null;

-- name: end_shop_event
-- Processed: with the job that came of it, or the reason why there is none.
update shop_event set due_at = null, note = :note, job_id = :job_id where id = :id;

-- name: find_shop_event
-- One shop webhook with its progress.
select * from shop_event where id = :id;

-- name: list_shop_events
-- Shop webhooks, newest first.
select id, connection, webhook_id, topic, shop, received_at, body from shop_event
where id < :before order by id desc limit :limit;
