-- Every stored "not before", where the host's clock was ahead when it was begun: it ends now. `:ahead` is a minute
-- from now, `:lease_ahead` a minute after the end of a lease that is taken now.

-- name: end_delivery_waits
-- Deliveries of a connection that wait for a retry, or for their first attempt.
update delivery set due_at = :now, due_set_at = :now
where connection = :connection and due_at > :ahead and due_set_at > :ahead and leased_until is null;

-- name: end_delivery_leases
-- Attempts of a connection in hand; whoever had them renews what is still going on.
update delivery set leased_until = :now, due_at = case when due_at is not null then cast(:now as bigint) end
where connection = :connection and leased_until > :lease_ahead;

-- name: end_target_paces
-- The pace of targets: no pace is slower than a call a minute.
delete from target_rate where next_at > :ahead;

-- name: end_target_holds_ahead
-- Holds of targets.
delete from target_hold where since > :ahead;

-- name: end_pauses_ahead
-- Pauses of connections that end without a person.
delete from connection_pause where since > :ahead and until is not null;

-- name: end_first_copy_waits
-- Copies that were never tried.
update archive_copy set due_at = :now, due_set_at = :now
where due_at is not null and tries = 0 and leased_until is null and due_at > :ahead and due_set_at > :ahead;

-- name: end_later_copy_waits
-- Copies that wait for a retry.
update archive_copy set due_at = :now, due_set_at = :now
where due_at is not null and (tries > 0 or leased_until is not null) and leased_until is null
    and due_at > :ahead and due_set_at > :ahead;

-- name: end_copy_leases
-- Copies in hand.
update archive_copy set leased_until = :now, due_at = :now
where due_at is not null and (tries > 0 or leased_until is not null) and leased_until > :lease_ahead;

-- name: end_job_waits
-- Jobs that wait to be sent, also those that are held for credits.
update job set due_at = :now, due_set_at = :now
where status in ('queued', 'held') and due_at > :ahead and due_set_at > :ahead;

-- name: end_poll_waits
-- Jobs that wait to be polled.
update job set poll_at = :now, polled_at = case when polled_at > :now then cast(:now as bigint) else polled_at end
where poll_at > :ahead and leased_until is null
    and (poll_at > :poll_ahead or coalesce(polled_at, submitted_at, created_at) > :ahead);

-- name: end_job_leases
-- Jobs in hand: one that was being sent is held as after a crash, unless its worker renews the lease.
update job set leased_until = :now, poll_at = case when poll_at > :now then cast(:now as bigint) else poll_at end
where leased_until > :lease_ahead;

-- name: end_running
-- Slots of videos that run at CreativeAI.
update job set running_until = :now where rate_bucket = 'video' and running_until > :running_ahead;

-- name: end_vendor_calls_ahead
-- Calls that count against CreativeAI's limits: they were made, so the last one counts as made now and the
-- others as long before it as they were.
update vendor_call set at = at + :now - (select max(latest.at) from vendor_call latest where latest.account = :account)
where account = :account and at > :lease_ahead;

-- name: forget_rate_limits_ahead
-- What CreativeAI's headers said of requests that are left.
update api_account set remaining = null, reset_at = null, rate_limit_at = :now
where account = :account and rate_limit_at > :ahead;

-- name: end_account_pauses_ahead
-- Pauses of the queue that end without a person.
update api_account set paused_since = null, paused_until = null, paused_why = ''
where account = :account and paused_since > :ahead and paused_until is not null;

-- name: end_rate_holds_ahead
-- Holds of rate buckets.
delete from rate_hold where account = :account and since > :ahead;

-- name: end_shop_event_waits
-- Shops' webhooks that wait to be processed.
update shop_event set due_at = :now, due_set_at = :now where due_at > :ahead and due_set_at > :ahead;

-- name: end_unsigned_event_waits
-- Unsigned webhooks that wait to be confirmed.
update unsigned_event set poll_at = :now where poll_at > :ahead and (received_at > :ahead or poll_at > :poll_ahead);
