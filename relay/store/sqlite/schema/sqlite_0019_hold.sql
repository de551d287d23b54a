-- A hold is kept like a pause, with reason and end, apart from the pace: of an address, or of a quota that
-- several connections share.

create table target_hold (
    target text primary key,
    since integer not null,
    until integer not null,
    why text not null
) strict;

create table connection_route (
    connection text primary key,
    held_by text not null,            -- the target whose hold stops this connection
    fingerprint text not null         -- of its options
) strict;

delete from target_rate;              -- until now, holds were there too: without a reason, for up to a week
