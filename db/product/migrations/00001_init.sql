-- +goose Up
CREATE TABLE products (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    description  text NOT NULL,
    category     text NOT NULL,
    base_price   bigint NOT NULL,
    currency     text NOT NULL,
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT products_base_price_not_negative CHECK (base_price >= 0)
);
COMMENT ON COLUMN products.base_price IS 'Minor units of currency.';
CREATE INDEX products_newest ON products (created_at DESC, id DESC);
CREATE INDEX products_of_category ON products (category, created_at DESC, id DESC);

-- +goose Down
DROP TABLE products;
