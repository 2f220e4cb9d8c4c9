-- name: ListUnsettled :many
SELECT order_id, updated_at FROM reservations
WHERE (state = 'reserved' OR released_reason = 'expired')
  AND updated_at <= now() - sqlc.arg(age)::interval
  AND (updated_at, order_id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid)
ORDER BY updated_at DESC, order_id DESC
LIMIT sqlc.arg(page_limit);

-- name: ReservationStandings :many
SELECT r.order_id, r.state, (r.released_reason IS NOT DISTINCT FROM 'expired')::boolean AS expired,
    (CASE WHEN r.state = 'sold' THEN (SELECT coalesce(sum(l.quantity - l.returned), 0) FROM reservation_lines l WHERE l.order_id = r.order_id) ELSE 0 END)::bigint AS sold
FROM reservations r
WHERE r.order_id = ANY(sqlc.arg(order_ids)::uuid[])
ORDER BY r.order_id;
