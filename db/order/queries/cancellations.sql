-- name: RequestCancellation :execrows
-- RequestCancellation keeps the first request, and the first one after a refusal;
-- none of an order that has ended.
UPDATE orders SET cancel_requested_at = now(), cancel_reason = sqlc.arg(reason)::text, cancel_refusal = NULL, updated_at = now()
WHERE id = sqlc.arg(id)::uuid AND (cancel_requested_at IS NULL OR cancel_refusal IS NOT NULL)
  AND status IN ('pending', 'awaiting_payment', 'confirmed');

-- name: RefuseCancellation :exec
UPDATE orders SET cancel_refusal = sqlc.arg(refusal)::text, updated_at = now()
WHERE id = sqlc.arg(id)::uuid AND cancel_requested_at IS NOT NULL AND status = 'confirmed';

-- name: CancellationsLeft :many
-- CancellationsLeft leaves out confirmed orders that wait for a refund to end:
-- with the last one they are refunded, or the cancellation is refused.
SELECT sqlc.embed(o),
    (SELECT jsonb_agg(jsonb_build_object('product_id', i.product_id, 'quantity', i.quantity, 'unit_price', i.unit_price, 'total', i.total)
        ORDER BY i.position) FROM order_items i WHERE i.order_id = o.id)::jsonb AS items
FROM orders o
WHERE o.cancel_requested_at IS NOT NULL AND o.cancel_refusal IS NULL AND o.status IN ('pending', 'awaiting_payment', 'confirmed')
  AND o.cancel_requested_at <= now() - sqlc.arg(age)::interval
  AND (o.status <> 'confirmed' OR NOT EXISTS (SELECT FROM order_refunds r WHERE r.order_id = o.id AND r.status = 'requested'))
ORDER BY o.cancel_requested_at, o.id
LIMIT sqlc.arg(page_limit);
