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

-- name: Prune :one
-- Prune looks at the next rows by their ids and takes away what was published before a
-- time, but for the last of each aggregate: from it the next version is counted. It ends
-- where the first row is that is too young, or not published.
WITH next AS (
    SELECT r.id, r.aggregate_id, r.version, coalesce(r.published_at < sqlc.arg(before)::timestamptz, false) AS old
    FROM outbox r WHERE r.id > sqlc.arg(after)::bigint ORDER BY r.id LIMIT sqlc.arg(batch)
), due AS (
    SELECT n.id, n.aggregate_id, n.version FROM next n
    WHERE n.id < coalesce((SELECT min(young.id) FROM next young WHERE NOT young.old), 9223372036854775807)
), gone AS (
    DELETE FROM outbox o USING due
    WHERE o.id = due.id AND EXISTS (SELECT FROM outbox later WHERE later.aggregate_id = o.aggregate_id AND later.version > o.version)
    RETURNING o.id
)
SELECT coalesce(max(id), sqlc.arg(after)::bigint)::bigint AS seen, count(*) AS looked, (SELECT count(*) FROM gone) AS pruned FROM due;
