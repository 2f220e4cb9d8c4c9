-- name: ClaimHeads :many
-- ClaimHeads takes the first unpublished event of each aggregate, the oldest ones
-- first, and keeps other relays off it. As its head is not published for others until
-- the claim commits, nobody takes a later event of an aggregate before that. Rows are
-- found by what they lack, never by an id beyond the last one: ids of transactions that
-- commit late lie below it. What a newer build wrote of a type that is not known here
-- is left to the relays of that build.
SELECT * FROM outbox o
WHERE o.published_at IS NULL AND o.type = ANY(sqlc.arg(types)::text[])
  AND NOT EXISTS (
    SELECT FROM outbox earlier
    WHERE earlier.aggregate_id = o.aggregate_id AND earlier.version < o.version AND earlier.published_at IS NULL)
ORDER BY o.id
LIMIT sqlc.arg(batch)
FOR NO KEY UPDATE OF o SKIP LOCKED;

-- name: MarkPublished :exec
UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY(@ids::bigint[]);

-- name: Waiting :one
-- Waiting is how many events are not published, and for how many seconds the oldest.
SELECT count(*) AS pending, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::double precision AS lag
FROM outbox WHERE published_at IS NULL;
