-- +goose Up

-- Prices is what one unit of a product costs now, in minor units. The discount
-- runs from starts_at (null: at once) until before ends_at (null: for good), on
-- this database's clock.
CREATE TABLE prices (
    product_id            uuid CONSTRAINT prices_pkey PRIMARY KEY,
    base_amount           bigint NOT NULL,
    currency              text NOT NULL,
    discount_basis_points integer,
    discount_starts_at    timestamptz,
    discount_ends_at      timestamptz,
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT prices_base_amount_positive CHECK (base_amount >= 0),
    CONSTRAINT prices_currency_code CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT prices_discount_range CHECK (discount_basis_points BETWEEN 1 AND 10000),
    CONSTRAINT prices_discount_window CHECK (discount_starts_at < discount_ends_at),
    CONSTRAINT prices_discount_whole CHECK (
        discount_basis_points IS NOT NULL OR (discount_starts_at IS NULL AND discount_ends_at IS NULL)
    )
);

-- Quotes has one row an order, for good: what the order costs, or why it cannot
-- be priced. A row is never changed.
CREATE TABLE quotes (
    order_id     uuid CONSTRAINT quotes_pkey PRIMARY KEY,
    request_hash bytea NOT NULL,
    -- null where the order was refused
    total_amount bigint,
    currency     text,
    -- null where the order was quoted
    refusal_code text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT quotes_refusal_code_known CHECK (
        refusal_code IN ('product_not_found', 'currency_not_supported', 'total_too_large')
    ),
    CONSTRAINT quotes_decided CHECK (
        (refusal_code IS NULL) = (total_amount IS NOT NULL) AND (total_amount IS NULL) = (currency IS NULL)
    ),
    CONSTRAINT quotes_total_amount_range CHECK (total_amount BETWEEN 0 AND 99999999),
    CONSTRAINT quotes_currency_code CHECK (currency ~ '^[A-Z]{3}$')
);

-- Quote_lines is the price of each item, by its position in the request. The
-- amounts add up to the quote's total.
CREATE TABLE quote_lines (
    order_id    uuid NOT NULL CONSTRAINT quote_lines_order_id_fkey REFERENCES quotes,
    position    integer NOT NULL,
    product_id  uuid NOT NULL,
    quantity    bigint NOT NULL,
    unit_amount bigint NOT NULL,
    amount      bigint NOT NULL,
    CONSTRAINT quote_lines_pkey PRIMARY KEY (order_id, position),
    CONSTRAINT quote_lines_quantity_positive CHECK (quantity > 0),
    CONSTRAINT quote_lines_unit_amount_positive CHECK (unit_amount >= 0),
    CONSTRAINT quote_lines_amount CHECK (amount = unit_amount::numeric * quantity)
);

-- +goose Down
DROP TABLE quote_lines;
DROP TABLE quotes;
DROP TABLE prices;
