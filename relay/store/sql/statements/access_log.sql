-- Who signed in, who tried, and which tokens and secrets were made or changed.

-- name: insert_access_entry
-- Note one.
insert into access_log (id, kind, subject, remote_addr, at)
values (:id, :kind, :subject, :remote_addr, :now);

-- name: count_access_entries_since
-- How many rows of a kind there are since a moment, and whether one of them has this ID.
select count(*) as entries, count(case when id = :id then 1 end) as known
from access_log where kind = :kind and at >= :since;

-- name: add_to_access_entry
-- Note one more of the same, in the row that counts them.
insert into access_log (id, kind, subject, remote_addr, at)
values (:id, :kind, :subject, :remote_addr, :now)
on conflict (id) do update set times = access_log.times + 1, at = excluded.at;

-- name: list_access_entries_of
-- The newest of one kind.
select kind, subject, remote_addr, at, times from access_log
where kind = :kind order by at desc, id desc limit :most;

-- name: list_access_entries_without
-- The newest of all kinds but one.
select kind, subject, remote_addr, at, times from access_log
where kind <> :kind order by at desc, id desc limit :most;

-- name: find_access_entry_of_address
-- Whether there is one of this kind and address.
select 1 from access_log where kind = :kind and remote_addr = :remote_addr limit 1;

-- name: delete_access_entries
-- Forget the oldest from before a moment.
delete from access_log where id in (select id from access_log where at < :before order by at limit :most);
