-- One row per output that is to be copied before the vendor's link dies.

create table archive (
    result_id text not null references result (id),
    number integer not null,          -- which of the result's outputs, from 1
    url text not null,                -- the vendor's link
    status text not null,             -- pending | retrying | archived | failed
    due_at integer,                   -- when to look at it next (under lease: its end); null: settled
    leased_until integer,             -- null: nobody has it in hand
    token integer not null default 0, -- fencing: rises with each lease, an older one settles nothing
    tries integer not null default 0, -- attempts that count against the ladder
    shelf text not null default '',   -- where the copy is: local | s3
    key text not null default '',     -- its name there
    type text not null default '',
    size integer,
    sha256 text not null default '',
    note text not null default '',
    archived_at integer,
    primary key (result_id, number)
) strict, without rowid;
create index archive_due on archive (due_at) where due_at is not null;
create index archive_status on archive (status, shelf, size);
