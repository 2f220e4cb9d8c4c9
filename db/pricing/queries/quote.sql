-- name: GetQuote :one
SELECT * FROM quotes WHERE order_id = @order_id;

-- name: ListQuoteLines :many
SELECT * FROM quote_lines WHERE order_id = @order_id ORDER BY position;

-- name: ClaimQuote :execrows
-- ClaimQuote inserts nothing where the order already has its quote; it waits for
-- one that is being written.
INSERT INTO quotes (order_id, request_hash, total_amount, currency, refusal_code)
VALUES (@order_id, @request_hash, @total_amount, @currency, @refusal_code)
ON CONFLICT (order_id) DO NOTHING;

-- name: InsertQuoteLines :exec
INSERT INTO quote_lines (order_id, position, product_id, quantity, unit_amount, amount)
SELECT @order_id::uuid, unnest(@positions::integer[]), unnest(@product_ids::uuid[]),
    unnest(@quantities::bigint[]), unnest(@unit_amounts::bigint[]), unnest(@amounts::bigint[]);
