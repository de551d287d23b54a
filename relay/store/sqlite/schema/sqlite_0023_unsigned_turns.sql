-- Unsigned webhooks are polled about in turns of their senders, an ID once before any again.

alter table unsigned_event add column sender text not null default '';
alter table unsigned_event add column vendor_id text not null default '';  -- the ID that is polled
alter table unsigned_event add column turn integer not null default 0;

drop index unsigned_event_newest;  -- the table has a thousand rows at most, which are read in another order now
drop index unsigned_event_crowd;
