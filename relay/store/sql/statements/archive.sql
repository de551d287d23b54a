-- Copies of outputs in the archive.

-- name: insert_copy
-- Ask for a copy of one output of a result.
insert into archive_copy (result_id, number, url, status, due_at, due_set_at)
values (:result_id, :number, :url, 'pending', :now, :now)
on conflict (result_id, number) do nothing;

-- name: next_first_copies
-- When the next output that was never tried is due.
select min(due_at) as due_at from archive_copy
where due_at is not null and tries = 0 and leased_until is null;

-- name: next_later_copies
-- When the next output is due that was tried before, or whose lease ends.
select min(due_at) as due_at from archive_copy
where due_at is not null and (tries > 0 or leased_until is not null);

-- name: due_first_copies
-- Outputs that are due and were never tried, earliest first.
select
    a.result_id, a.number, a.token, a.tries, a.url, a.leased_until,
    (select r.generation_id from result r where r.id = a.result_id) as generation_id,
    (select r.received_at from result r where r.id = a.result_id) as received_at
from archive_copy a
where a.due_at is not null and a.tries = 0 and a.leased_until is null and a.due_at <= :now
order by a.due_at
limit :limit;
-- lock: for update of a skip locked

-- name: due_later_copies
-- Outputs that are due and were tried before, or whose lease ran out, earliest first.
select
    a.result_id, a.number, a.token, a.tries, a.url, a.leased_until,
    (select r.generation_id from result r where r.id = a.result_id) as generation_id,
    (select r.received_at from result r where r.id = a.result_id) as received_at
from archive_copy a
where a.due_at is not null and (a.tries > 0 or a.leased_until is not null) and a.due_at <= :now
order by a.due_at
limit :limit;
-- lock: for update of a skip locked

-- name: lease_copy
-- Lease a copy under a new token; a lease that ran out counts as a try.
update archive_copy
set token = token + 1, leased_until = :lease_until, due_at = :lease_until, tries = tries + :interrupted
where result_id = :result_id and number = :number;

-- name: renew_copy
-- Extend the lease of a copy, unless its token is stale.
update archive_copy set leased_until = :until, due_at = :until
where result_id = :result_id and number = :number and token = :token and leased_until is not null;

-- name: release_copy
-- Give a copy back untouched, due now.
update archive_copy set leased_until = null, due_at = :now, due_set_at = :now
where result_id = :result_id and number = :number and token = :token and leased_until is not null;

-- name: settle_copy
-- Write down how copying ended; no row when its token is stale.
update archive_copy
set status = :status, due_at = :due_at, due_set_at = :now, leased_until = null, tries = tries + :counts, note = :note,
    storage = :storage, key = :key, type = :type, size = :size, sha256 = :digest, archived_at = :archived_at
where result_id = :result_id and number = :number and token = :token and leased_until is not null
returning result_id;

-- name: end_hold
-- Once no copy of a result is pending, make its untried deliveries due that waited for the copies.
update delivery set due_at = :now, due_set_at = :now, note = ''
where result_id = :result_id and token = 0 and status = 'pending' and due_at > :now
    and not exists (
        select 1 from archive_copy a
        where a.result_id = :result_id and a.status in ('pending', 'retrying')
    )
returning id;

-- name: retry_copies
-- Try all failed copies again, now.
update archive_copy set status = 'pending', due_at = :now, due_set_at = :now, tries = 0
where status = 'failed'
returning result_id;

-- name: storage_size
-- Bytes of the copies in one storage, from the totals that triggers keep.
select coalesce(sum(size), 0) as size from archive_copy_total where status = 'archived' and storage = :storage;

-- name: count_copies
-- Number and bytes of the copies of each status, from the same totals.
select status, sum(number) as number, sum(size) as size from archive_copy_total group by status;

-- name: list_unarchived
-- Outputs without a copy, failed ones first.
select r.generation_id, a.number, a.status, a.tries, a.due_at, a.note
from archive_copy a join result r on r.id = a.result_id
where a.status in ('failed', 'retrying', 'pending')
order by a.status, a.result_id desc, a.number
limit :limit;
