-- +goose Up
CREATE TABLE products (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    description  text NOT NULL,
    category     text NOT NULL,
    base_price   bigint NOT NULL,
    currency     text NOT NULL,
    searched     text NOT NULL,
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT products_base_price_not_negative CHECK (base_price >= 0),
    CONSTRAINT products_currency_code CHECK (currency ~ '^[A-Z]{3}$')
);
COMMENT ON COLUMN products.base_price IS 'Minor units of currency.';
COMMENT ON COLUMN products.searched IS 'Name and description in lower case, as the service folds it: the database''s locale may know ASCII only.';
CREATE INDEX products_newest ON products (created_at DESC, id DESC);
CREATE INDEX products_of_category ON products (category, created_at DESC, id DESC);

-- +goose Down
DROP TABLE products;
