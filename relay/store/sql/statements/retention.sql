-- What is forgotten after a while, beside the bodies of webhooks.

-- name: empty_shop_events
-- Forget the oldest bodies of processed shop webhooks received before a moment; ids sort by time.
update shop_event set body = :empty
where id in (
    select id from shop_event
    where due_at is null and length(body) > 0 and id < :before
    order by id limit :most
);

-- name: delete_attempts
-- Forget attempts begun before a moment. No attempt is older than its delivery, so the search ends at the
-- first delivery that is younger.
delete from attempt
where (delivery_id, token) in (
    select delivery_id, token from attempt
    where delivery_id < :before and started_at < :started_before
    order by delivery_id, token limit :most
);

-- name: delete_calls
-- Forget calls made before a moment, whichever API key made them.
delete from vendor_call where id in (select id from vendor_call where at < :before order by at limit :most);

-- name: delete_refused
-- Forget counts of refused webhooks begun before a moment; ids sort by time.
delete from refused_webhook
where id in (select id from refused_webhook where id < :before order by id limit :most);
