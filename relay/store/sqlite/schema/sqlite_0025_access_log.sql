-- Who signed in, who tried, and which tokens and secrets were made or changed.

create table access_log (
    id text primary key,
    kind text not null,
    subject text not null default '',  -- the name of a token or a connection
    remote_addr text not null default '',  -- an IPv4 address or an IPv6 /64; '' : a command, or many addresses
    at integer not null,  -- the last time, where one row stands for several
    times integer not null default 1
) strict;
create index access_log_at on access_log (at);
create index access_log_kind on access_log (kind, remote_addr);

-- A browser that has signed in before is counted by itself, so that nobody else locks it out.

alter table login_attempt add column browser text not null default '';
create index login_attempt_browser on login_attempt (browser, at) where browser > '';
