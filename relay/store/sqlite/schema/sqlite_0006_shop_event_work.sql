-- What becomes of what a shop told: looked at until a job is made of it, or until it is clear that none will be.
alter table shop_event add column look_at integer;                  -- null: done with it
alter table shop_event add column looks integer not null default 0;
alter table shop_event add column note text not null default '';    -- why there is no job yet, or none at all
alter table shop_event add column job_id text not null default '';
create index shop_event_look on shop_event (look_at) where look_at is not null;
