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

-- name: keep_setting
-- Set a setting, unless it is set.
insert into setting (name, value) values (:name, :value) on conflict (name) do nothing;

-- name: drop_setting
-- Unset a setting.
delete from setting where name = :name;

-- name: raise_setting
-- Raise a number by one, from 0 when it is not set.
insert into setting (name, value) values (:name, '1')
on conflict (name) do update set value = cast(cast(setting.value as bigint) + 1 as text);

-- name: forget_login_attempts_outside
-- Forget attempts that no limit counts any more, and those of a clock that has been set back since.
delete from login_attempt where at <= :before or at > :latest;

-- name: count_login_attempts_of_address
-- How many attempts came from an address, and when the first and the last did.
select count(*) as tries, min(at) as first_at, max(at) as last_at
from login_attempt where remote_addr = :remote_addr;

-- name: count_login_attempts_of_browser
-- The same of a browser that has signed in before.
select count(*) as tries, min(at) as first_at, max(at) as last_at
from login_attempt where browser = :browser and browser > '';

-- name: count_login_attempts
-- The same of all addresses.
select count(*) as tries, min(at) as first_at, max(at) as last_at from login_attempt;

-- name: insert_login_attempt
-- Count an attempt to sign in.
insert into login_attempt (remote_addr, browser, at) values (:remote_addr, :browser, :now);

-- name: forget_login_attempts_of
-- The password was right: forget the attempts of this address and this browser.
delete from login_attempt where remote_addr = :remote_addr or (browser = :browser and browser > '');
