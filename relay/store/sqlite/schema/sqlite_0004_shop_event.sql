-- What a shop told of itself (a product was created), as it came. A row of its own: it is no result of anything.

create table shop_event (
    id text primary key,
    connection text not null,         -- the connection to that shop, whose secret signed it
    webhook_id text not null unique,  -- Shopify's own id of the event: its repeats have the same one
    topic text not null,
    shop text not null,
    received_at integer not null,
    body blob not null
) strict;
