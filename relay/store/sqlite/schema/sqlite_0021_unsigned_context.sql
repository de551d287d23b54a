-- Whose word a generation's context is. 1: only webhooks without a signature said it, so that what a signed one
-- or a job of ours says takes its place.
alter table generation add column context_unsigned integer not null default 0;

-- The bytes of a webhook are signed, its delivery id is not: bytes that come again are known by their hash.
create index event_digest on event (digest);
