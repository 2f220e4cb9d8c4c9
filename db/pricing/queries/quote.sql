-- name: GetQuote :one
SELECT * FROM quotes WHERE order_id = @order_id;

-- name: ListQuoteLines :many
SELECT * FROM quote_lines WHERE order_id = @order_id ORDER BY position;

-- name: KeepQuote :one
-- KeepQuote keeps an answer with its lines, in one statement. It keeps nothing,
-- and says so, where the order already has its answer; it waits for one that is
-- being written.
WITH kept AS (
    INSERT INTO quotes (order_id, request_hash, total_amount, currency, refusal_code)
    VALUES (@order_id, @request_hash, @total_amount, @currency, @refusal_code)
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id
), lines AS (
    INSERT INTO quote_lines (order_id, position, product_id, quantity, unit_amount, amount)
    SELECT kept.order_id, unnest(@positions::integer[]), unnest(@product_ids::uuid[]),
        unnest(@quantities::bigint[]), unnest(@unit_amounts::bigint[]), unnest(@amounts::bigint[])
    FROM kept
)
SELECT EXISTS (SELECT FROM kept) AS first;
