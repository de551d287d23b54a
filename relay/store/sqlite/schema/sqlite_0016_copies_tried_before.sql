-- First tries and later ones are claimed apart, so that a file that cannot be had keeps no new one waiting.

drop index archive_due;
create index archive_copy_first_due on archive_copy (due_at)
where due_at is not null and tries = 0 and leased_until is null;
create index archive_copy_later_due on archive_copy (due_at)
where due_at is not null and (tries > 0 or leased_until is not null);
