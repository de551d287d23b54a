-- Tables and columns get the field's own words, and what was stored in the old words is rewritten.

alter table generation rename column rank to status_rank;
alter table result rename column rank to status_rank;
update result
set details = json_set(json_remove(details, '$.batch_id'), '$.vendor_batch_id', json_extract(details, '$.batch_id'))
where json_extract(details, '$.batch_id') is not null;

alter table job rename column wish to input;
alter table job rename column makes to output_kind;
alter table job rename column delivers to fan_out;
alter table job rename column lane to rate_bucket;
alter table job rename column children to expected_results;
alter table job rename column why to status_reason;
alter table job rename column param to error_param;
alter table job rename column found to found_by;
alter table job rename column slot_until to running_until;
alter table job rename column look_at to poll_at;
alter table job rename column looks to polls;
alter table job rename column looked_at to polled_at;
alter table job rename column asked_by to share_link_id;
update job set leased_for = 'poll' where leased_for = 'look';

alter table vendor_call rename column lane to rate_bucket;
update vendor_call set rate_bucket = 'poll' where rate_bucket = 'look';
alter table account rename column told_at to rate_limit_at;
alter table account rename to api_account;
alter table lane_hold rename column lane to rate_bucket;
alter table lane_hold rename to rate_hold;

alter table shop_event rename column look_at to due_at;
alter table shop_event rename column looks to attempts;
alter table unsigned_event rename column look_at to poll_at;

-- A rename would rewrite `excluded` in the triggers to the table's own name, so they are made anew.
drop trigger archive_added;
drop trigger archive_changed;
drop trigger archive_removed;
alter table archive rename column shelf to storage;
alter table archive rename to archive_copy;
alter table archive_total rename column shelf to storage;
alter table archive_total rename to archive_copy_total;

create trigger archive_copy_added after insert on archive_copy
begin
    insert into archive_copy_total (status, storage, number, size)
    values (new.status, new.storage, 1, coalesce(new.size, 0))
    on conflict (status, storage) do update set number = number + 1, size = size + excluded.size;
end;

create trigger archive_copy_changed after update of status, storage, size on archive_copy
begin
    update archive_copy_total set number = number - 1, size = size - coalesce(old.size, 0)
    where status = old.status and storage = old.storage;
    insert into archive_copy_total (status, storage, number, size)
    values (new.status, new.storage, 1, coalesce(new.size, 0))
    on conflict (status, storage) do update set number = number + 1, size = size + excluded.size;
end;

create trigger archive_copy_removed after delete on archive_copy
begin
    update archive_copy_total set number = number - 1, size = size - coalesce(old.size, 0)
    where status = old.status and storage = old.storage;
end;

alter table rate rename to target_rate;
alter table memory rename to connector_state;
alter table pause rename to connection_pause;
alter table connection rename column wants to filters;

alter table sign_in_try rename column who to remote_addr;
alter table sign_in_try rename to login_attempt;
alter table share_link rename column opens to form;
alter table share_link rename column fixed to fixed_values;

drop view delivery_summary;
create view delivery_summary as
select
    d.id, d.generation_id, r.status as result_status, g.kind, d.connection, d.status, d.token as attempt_count,
    d.due_at, d.settled_at, d.link, d.note
from delivery d
cross join result r on r.id = d.result_id
cross join generation g on g.id = d.generation_id;
