-- How many webhooks were refused, by the hour and the reason: a few rows an hour, however many come.

create table refused_webhook (
    id text primary key,
    hour integer not null,  -- its beginning, ms
    reason text not null,
    number integer not null,
    last_at integer not null,
    last_sender text not null,
    unique (hour, reason)
) strict;
