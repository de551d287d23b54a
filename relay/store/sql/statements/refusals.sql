-- Webhooks that were refused.

-- name: add_refused
-- Add to the count of an hour and a reason.
insert into refused_webhook (id, hour, reason, number, last_at, last_sender)
values (:id, :hour, :reason, :number, :last_at, :last_sender)
on conflict (hour, reason) do update set
    number = refused_webhook.number + excluded.number,
    last_at = excluded.last_at,
    last_sender = excluded.last_sender;

-- name: list_refused
-- Counts of refused webhooks, newest first.
select id, hour, reason, number, last_at, last_sender from refused_webhook
where id < :before order by id desc limit :limit;

-- name: count_refused
-- How many webhooks were refused in the hours that begin after a moment.
select cast(coalesce(sum(number), 0) as bigint) as number from refused_webhook where hour > :after;
