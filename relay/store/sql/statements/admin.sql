-- Settings, and attempts to sign in.

-- name: read_setting
-- One setting; no row when it is not set.
select value from setting where name = :name;

-- name: list_settings
-- All settings.
select name, value from setting;

-- name: put_setting
-- Set a setting.
insert into setting (name, value) values (:name, :value)
on conflict (name) do update set value = excluded.value;

-- name: drop_setting
-- Unset a setting.
delete from setting where name = :name;

-- name: raise_setting
-- Raise a number by one, from 0 when it is not set.
insert into setting (name, value) values (:name, '1')
on conflict (name) do update set value = cast(cast(setting.value as integer) + 1 as text);

-- name: forget_login_attempts_before
-- Forget attempts that no limit counts any more.
delete from login_attempt where at <= :before;

-- name: count_login_attempts
-- How many failed attempts an address has made, and when the first was.
select count(*) as tries, min(at) as first_at from login_attempt where remote_addr = :remote_addr;

-- name: insert_login_attempt
-- Count an attempt to sign in.
insert into login_attempt (remote_addr, at) values (:remote_addr, :now);

-- name: forget_login_attempts_of
-- The password was right: forget the attempts of this address.
delete from login_attempt where remote_addr = :remote_addr;
