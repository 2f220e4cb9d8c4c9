-- name: ClaimHeads :many
-- ClaimHeads takes the first unpublished event of each aggregate, the oldest ones
-- first, and keeps other relays off it. As its head is not published for others until
-- the claim commits, nobody takes a later event of an aggregate before that. Rows are
-- found by what they lack, never by an id beyond the last one: ids of transactions that
-- commit late lie below it. What a newer build wrote of a type that is not known here
-- is left to the relays of that build. Versions have no gap, so the one before is all
-- there is to look at; the coalesce keeps the planner on its key, off the index of what
-- is not published, which statistics from before an outage take for empty.
SELECT * FROM outbox o
WHERE o.published_at IS NULL AND o.id > sqlc.arg(after)::bigint AND o.type = ANY(sqlc.arg(types)::text[])
  AND NOT EXISTS (
    SELECT FROM outbox earlier
    WHERE earlier.aggregate_id = o.aggregate_id AND earlier.version = o.version - 1
      AND coalesce(earlier.published_at, 'infinity') = 'infinity')
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
-- Prune looks at the next rows by their ids, up to the first that is too young, and takes
-- away what was published before a time; where the next version of an aggregate is
-- counted from its last event, not that one.
WITH next AS (
    SELECT r.id, r.aggregate_id, r.version, r.published_at, coalesce(r.published_at, r.created_at) >= sqlc.arg(before)::timestamptz AS young
    FROM outbox r WHERE r.id > sqlc.arg(after)::bigint ORDER BY r.id LIMIT sqlc.arg(batch)
), due AS (
    SELECT * FROM next WHERE next.id < coalesce((SELECT min(y.id) FROM next y WHERE y.young), 9223372036854775807)
), gone AS (
    DELETE FROM outbox o USING due
    WHERE o.id = due.id AND o.published_at IS NOT NULL AND (NOT sqlc.arg(keep_last)::boolean
        OR EXISTS (SELECT FROM outbox later WHERE later.aggregate_id = o.aggregate_id AND later.version > o.version))
    RETURNING o.id
)
SELECT coalesce(max(id), sqlc.arg(after)::bigint)::bigint AS seen, count(*) AS looked, (SELECT count(*) FROM gone) AS pruned FROM due;
