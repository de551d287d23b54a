-- Bearer tokens of the API.

-- name: insert_token
-- Keep a new token by its digest.
insert into api_token (id, name, digest, created_at) values (:id, :name, :digest, :now);

-- name: list_tokens
-- All tokens, oldest first.
select id, name, created_at, used_at, revoked_at from api_token order by id;

-- name: revoke_token
-- Revoke a token; no row when there is none or it was revoked before.
update api_token set revoked_at = :now where id = :id and revoked_at is null returning id, name;

-- name: find_token
-- The token with this digest, unless it is revoked.
select id, name, created_at, used_at, revoked_at from api_token
where digest = :digest and revoked_at is null;

-- name: note_use_of_token
-- Note when a token was last used.
update api_token set used_at = :now where id = :id and (used_at is null or used_at < :now);
