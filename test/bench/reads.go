package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/api/limit"
	"github.com/skaldhq/skald/services/inventory/inventorypg"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/services/pricing/pricingpg"
	"github.com/skaldhq/skald/services/product/productpg"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/services/user/userpg"
	"github.com/skaldhq/skald/test/stack"
)

// reads are the same operations twice in this process, on the databases of the
// stack: as the front door serves them, and with nothing around them, which is
// their floor.
type reads struct {
	whole, bare *httptest.Server
	key         string
	client      *http.Client // does not ask for compressed answers by itself
	closers     []func()
}

// listed is how many products are on the page that is read.
const listed = 50

func newReads(ctx context.Context, s *stack.Stack, dir string) (r *reads, err error) {
	r = &reads{client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: concurrency, DisableCompression: true}}}
	pools := map[string]*pgxpool.Pool{}
	for _, name := range []string{"user", "product", "pricing", "inventory", "order"} {
		pool, err := pgxpool.New(ctx, s.Databases[name])
		if err != nil {
			return nil, fmt.Errorf("open database of %s: %w", name, err)
		}
		pools[name] = pool
		r.closers = append(r.closers, pool.Close)
	}
	log, err := os.Create(filepath.Join(dir, "reads.log")) //nolint:gosec // a directory of ours
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, func() { _ = log.Close() })
	config := api.Config{
		Products: productpg.New(pools["product"]), Prices: pricingpg.New(pools["pricing"]), Stock: inventorypg.New(pools["inventory"]),
		Orders: orderpg.New(pools["order"]), Log: slog.New(slog.NewJSONHandler(log, nil)),
	}
	bare := http.NewServeMux()
	plain := huma.DefaultConfig("bare", "1")
	plain.CreateHooks = nil // no $schema in bodies, as the front door has none
	config.Register(humago.New(bare, plain))
	if err := r.guard(ctx, &config, userpg.New(pools["user"])); err != nil {
		return nil, err
	}
	whole, err := api.New(config)
	if err != nil {
		return nil, err
	}
	r.bare, r.whole = httptest.NewServer(bare), httptest.NewServer(whole)
	r.closers = append(r.closers, r.bare.Close, r.whole.Close)
	return r, nil
}

// guard puts around the operations what a front door has: a key, which is looked
// up and remembered, and a bucket that is counted and never empty.
func (r *reads) guard(ctx context.Context, c *api.Config, users *userpg.Store) (err error) {
	mint := auth.NewMint("a secret of the benchmark, of more than 32 characters")
	r.key = mint.New()
	_, _, err = users.CreateKey(ctx, user.NewKey{ID: user.KeyIDPrefix.New(), Hash: mint.Hash(r.key), Name: "bench", Role: user.RoleService, By: "bench"})
	if err != nil {
		return err
	}
	c.Auth = auth.By{Keys: auth.NewKeys(mint, users, time.Now)}
	c.Limits.Principals, err = limit.InMemory(limit.Rate{PerSecond: 1_000_000, Burst: 1_000_000})
	return err
}

func (r *reads) close() {
	for _, end := range r.closers {
		end()
	}
}

// get reads a path of a server.
func (r *reads) get(of *httptest.Server, path, encoding string) task {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, of.URL+path, nil)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+r.key)
		request.Header.Set("Accept-Encoding", encoding)
		response, err := r.client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answered %d", path, response.StatusCode)
		}
		return nil
	}
}

// read is what one path cost, as the front door serves it and bare.
type read struct {
	Name         string
	Whole, Floor series
}

// measureReads runs each read bare and whole in turn.
func measureReads(ctx context.Context, o options, s *stack.Stack, orders *orders, dir string) (all []read, err error) {
	r, err := newReads(ctx, s, dir)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := fillShelf(ctx, orders.shop); err != nil {
		return nil, err
	}
	page := fmt.Sprintf("/v1/products?limit=%d", listed)
	for _, of := range []struct{ name, path, encoding string }{
		{"an order", "/v1/orders/" + orders.last(), "identity"},
		{fmt.Sprintf("%d products", listed), page, "identity"},
		{fmt.Sprintf("%d products, compressed", listed), page, "gzip"},
	} {
		one := read{Name: of.name}
		floor, whole := r.get(r.bare, of.path, of.encoding), r.get(r.whole, of.path, of.encoding)
		if err := errors.Join(single(ctx, floor, o.single, &series{}), single(ctx, whole, o.single, &series{})); err != nil {
			return nil, err
		}
		for round := range o.rounds {
			err := errors.Join(
				single(ctx, floor, 5*o.single, &one.Floor), single(ctx, whole, 5*o.single, &one.Whole),
				load(ctx, floor, o.load/3, &one.Floor), load(ctx, whole, o.load/3, &one.Whole),
			)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", of.name, err)
			}
			fmt.Printf("round %d of %d: %-12s p50 %.2f ms, floor %.2f ms\n", round+1, o.rounds, of.name, ms(one.Whole.quantile(.5)), ms(one.Floor.quantile(.5)))
		}
		all = append(all, one)
	}
	return all, nil
}

// fillShelf makes a page of products.
func fillShelf(ctx context.Context, shop *stack.Shop) error {
	for i := range listed {
		a, err := shop.Do(ctx, http.MethodPost, "/v1/products", map[string]any{
			"name": fmt.Sprint("shelf ", i), "description": "one of a page", "base_price": stack.Money{Amount: 1999, Currency: "EUR"},
		})
		if err != nil {
			return err
		}
		var made struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(a.Body, &made); err != nil {
			return err
		}
		if _, err := shop.Do(ctx, http.MethodPut, "/v1/stock/"+made.ID, map[string]any{"on_hand": 1000}); err != nil {
			return err
		}
	}
	return nil
}
