-- +goose Up

-- The catalogue by name, whatever the case of its letters, and by price.
CREATE INDEX products_by_name ON products (lower(name) COLLATE "C", id);
CREATE INDEX products_by_price ON products (base_price, id);

-- +goose Down
DROP INDEX products_by_price, products_by_name;
