-- Share links, and what their jobs cost.

-- name: insert_share
-- Create a share link.
insert into share_link (id, name, form, fixed_values, budget, created_at, expires_at)
values (:id, :name, :form, :fixed_values, :budget, :now, :expires_at);

-- name: find_share
-- One share link with the credits that its jobs used; a job that was never sent used none.
select s.*, (
    select coalesce(sum(
        case when coalesce(credits, estimate) > coalesce(refunded, 0)
            then coalesce(credits, estimate) - coalesce(refunded, 0) else 0 end
    ), 0) from job
    where share_link_id = s.id and share_link_id <> ''
        and not (submission = 0 and status in ('canceled', 'failed'))
) as used
from share_link s where s.id = :id;

-- name: list_shares
-- All share links, newest first, with the credits that their jobs used.
select s.*, (
    select coalesce(sum(
        case when coalesce(credits, estimate) > coalesce(refunded, 0)
            then coalesce(credits, estimate) - coalesce(refunded, 0) else 0 end
    ), 0) from job
    where share_link_id = s.id and share_link_id <> ''
        and not (submission = 0 and status in ('canceled', 'failed'))
) as used
from share_link s order by s.id desc;

-- name: revoke_share
-- Revoke a share link; no row when there is none or it was revoked before.
update share_link set revoked_at = :now where id = :id and revoked_at is null returning id;

-- name: list_jobs_of_share_link
-- Jobs that were created through a share link, newest first.
select * from job where share_link_id = :id and share_link_id <> '' and id < :before order by id desc limit :limit;
