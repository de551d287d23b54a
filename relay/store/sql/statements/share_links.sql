-- Statements of share links. As in core.sql.

-- name: insert_share
insert into share_link (id, name, form, fixed_values, budget, created_at, expires_at)
values (:id, :name, :form, :fixed_values, :budget, :now, :expires_at);

-- What was never sent and will not be costs nothing.
-- name: find_share
select s.*, (
    select coalesce(sum(max(0, coalesce(credits, estimate) - coalesce(refunded, 0))), 0) from job
    where share_link_id = s.id and share_link_id <> ''
        and not (submission = 0 and status in ('canceled', 'failed'))
) as used
from share_link s where s.id = :id;

-- name: list_shares
select s.*, (
    select coalesce(sum(max(0, coalesce(credits, estimate) - coalesce(refunded, 0))), 0) from job
    where share_link_id = s.id and share_link_id <> ''
        and not (submission = 0 and status in ('canceled', 'failed'))
) as used
from share_link s order by s.id desc;

-- name: revoke_share
update share_link set revoked_at = :now where id = :id and revoked_at is null returning id;

-- name: list_jobs_of_share_link
select * from job where share_link_id = :id and share_link_id <> '' and id < :before order by id desc limit :limit;
