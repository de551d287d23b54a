-- When a wait was begun: one that was begun in the future is of a clock that has been set back, and counts as over.

alter table delivery add column due_set_at integer not null default 0;
alter table archive_copy add column due_set_at integer not null default 0;
alter table job add column due_set_at integer not null default 0;
alter table shop_event add column due_set_at integer not null default 0;
