-- name: ListOpenOrders :many
SELECT id, updated_at FROM orders
WHERE (status IN ('pending', 'awaiting_payment') OR saga_state NOT IN ('completed', 'compensated'))
  AND updated_at <= now() - sqlc.arg(age)::interval
  AND (updated_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY updated_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: ListEndedOrders :many
SELECT id, updated_at FROM orders
WHERE status NOT IN ('pending', 'awaiting_payment') AND saga_state IN ('completed', 'compensated')
  AND updated_at <= now() - sqlc.arg(age)::interval
  AND updated_at > coalesce(now() - sqlc.narg(within)::interval, '-infinity')
  AND (updated_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY updated_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: OrderStandings :many
SELECT o.id, o.status, o.saga_state, coalesce(o.failure_code, '')::text AS failure_code,
    (o.cancel_requested_at IS NOT NULL)::boolean AS cancelling,
    (CASE WHEN o.status = 'confirmed' THEN coalesce(o.total_amount, 0) - o.refunded_amount ELSE 0 END)::bigint AS owed,
    EXISTS (SELECT FROM order_refunds r WHERE r.order_id = o.id AND r.status = 'requested') AS refunding,
    EXISTS (SELECT FROM saga_resolutions s WHERE s.workflow_id = 'order/' || public_id('ord', o.id) AND s.action = 'skip') AS skipped,
    EXISTS (SELECT FROM saga_resolutions s WHERE s.workflow_id = 'order/' || public_id('ord', o.id) AND s.action = 'compensate') AS reversed,
    EXISTS (SELECT FROM discrepancies d WHERE d.order_id = o.id AND d.resolution = 'accepted') AS accepted,
    (extract(epoch FROM now() - o.updated_at) * 1000000)::bigint AS idle_micros
FROM orders o
WHERE o.id = ANY(sqlc.arg(ids)::uuid[])
ORDER BY o.id;

-- name: RecordDiscrepancy :one
-- RecordDiscrepancy keeps one open row a kind and order, and tells whether it is
-- new. It gives no row where an operator accepted the same before.
INSERT INTO discrepancies (id, kind, order_id, detail, repair)
SELECT sqlc.arg(id)::uuid, sqlc.arg(kind)::text, sqlc.arg(order_id)::uuid, sqlc.arg(detail)::text, sqlc.arg(repair)::text
WHERE NOT EXISTS (SELECT FROM discrepancies a WHERE a.order_id = sqlc.arg(order_id)::uuid AND a.kind = sqlc.arg(kind)::text AND a.resolution = 'accepted')
ON CONFLICT (kind, order_id) WHERE resolved_at IS NULL DO UPDATE SET seen_at = now(), detail = excluded.detail
RETURNING (xmax = 0)::boolean AS fresh;

-- name: ResolveDiscrepancies :execrows
-- ResolveDiscrepancies resolves what is open of an order, but for the kinds that
-- are still there and that nobody accepted meanwhile.
UPDATE discrepancies d SET resolved_at = now(),
    resolution = CASE WHEN EXISTS (SELECT FROM discrepancy_repairs r WHERE r.discrepancy_id = d.id AND r.outcome = 'done') THEN 'repaired' ELSE 'gone' END
WHERE d.order_id = @order_id AND d.resolved_at IS NULL AND (NOT d.kind = ANY(@still::text[])
    OR EXISTS (SELECT FROM discrepancies a WHERE a.order_id = d.order_id AND a.kind = d.kind AND a.resolution = 'accepted'));

-- name: AcceptDiscrepancy :execrows
-- AcceptDiscrepancy closes an open one for good. It changes no row of one that is
-- resolved.
UPDATE discrepancies SET resolved_at = now(), resolution = 'accepted', accepted_by = sqlc.arg(accepted_by)::text, accept_reason = sqlc.arg(accept_reason)::text
WHERE id = sqlc.arg(id)::uuid AND resolved_at IS NULL;

-- name: ListDiscrepancies :many
SELECT sqlc.embed(d),
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'reason', r.reason, 'by', r.requested_by, 'at', r.requested_at,
            'outcome', r.outcome, 'code', r.refusal_code, 'ended_at', r.ended_at) ORDER BY r.requested_at, r.id)
        FROM discrepancy_repairs r WHERE r.discrepancy_id = d.id), '[]')::jsonb AS repairs
FROM discrepancies d
WHERE (d.resolved_at IS NULL) = sqlc.arg(open)::boolean
  AND (d.found_at, d.id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY d.found_at DESC, d.id DESC
LIMIT sqlc.arg(page_limit);

-- name: CountOpenDiscrepancies :many
SELECT kind, count(*) AS open FROM discrepancies WHERE resolved_at IS NULL GROUP BY kind;

-- name: GetDiscrepancy :one
SELECT sqlc.embed(d),
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'reason', r.reason, 'by', r.requested_by, 'at', r.requested_at,
            'outcome', r.outcome, 'code', r.refusal_code, 'ended_at', r.ended_at) ORDER BY r.requested_at, r.id)
        FROM discrepancy_repairs r WHERE r.discrepancy_id = d.id), '[]')::jsonb AS repairs
FROM discrepancies d
WHERE d.id = $1;

-- name: LockDiscrepancy :one
SELECT order_id, resolved_at FROM discrepancies WHERE id = $1 FOR NO KEY UPDATE;

-- name: FindRepair :one
SELECT * FROM discrepancy_repairs WHERE id = $1;

-- name: InsertRepair :exec
INSERT INTO discrepancy_repairs (id, discrepancy_id, reason, requested_by) VALUES ($1, $2, $3, $4);

-- name: EndRepair :execrows
UPDATE discrepancy_repairs SET outcome = @outcome::text, refusal_code = sqlc.narg(refusal_code)::text, ended_at = now()
WHERE id = @id AND outcome IS NULL;

-- name: OpenRepair :one
SELECT r.id, d.order_id, d.kind
FROM discrepancy_repairs r JOIN discrepancies d ON d.id = r.discrepancy_id
WHERE r.id = $1 AND r.outcome IS NULL;

-- name: RepairsLeft :many
SELECT r.id, d.order_id, d.kind
FROM discrepancy_repairs r JOIN discrepancies d ON d.id = r.discrepancy_id
WHERE r.outcome IS NULL AND r.requested_at <= now() - sqlc.arg(age)::interval
ORDER BY r.requested_at, r.id
LIMIT sqlc.arg(page_limit);
