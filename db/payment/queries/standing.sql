-- name: ListHolding :many
SELECT id, order_id, updated_at FROM payments
WHERE status IN ('initiated', 'requires_action', 'authorized') AND NOT own
  AND updated_at <= now() - sqlc.arg(age)::interval
  AND (updated_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY updated_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: ListTaken :many
SELECT id, order_id, updated_at FROM payments
WHERE status IN ('captured', 'refunded') AND NOT own
  AND updated_at <= now() - sqlc.arg(age)::interval
  AND updated_at > coalesce(now() - sqlc.narg(within)::interval, '-infinity')
  AND (updated_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY updated_at DESC, id DESC
LIMIT sqlc.arg(page_limit);

-- name: PaymentStandings :many
SELECT id, order_id, own, status, (captured - refunded)::bigint AS kept, (barred OR status = 'voided')::boolean AS undone
FROM payments
WHERE order_id = ANY(sqlc.arg(subjects)::uuid[])
ORDER BY order_id;
