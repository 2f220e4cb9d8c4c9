// Package platform joins the concrete parts: every service on its Postgres
// database, its worker on Temporal, the front door before them. The commands
// choose which of them a process runs.
package platform

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/health"
	"github.com/skaldhq/skald/internal/payload"
	"github.com/skaldhq/skald/internal/pg"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/telemetry"
	"github.com/skaldhq/skald/internal/tracing"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/inventory/inventorypg"
	"github.com/skaldhq/skald/services/notification/notificationpg"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/stripepay"
	"github.com/skaldhq/skald/services/payment/watched"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/pricing/pricingpg"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/product/productpg"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/services/user/userpg"
)

// Platform is the services of one process.
type Platform struct {
	config  config.Config
	log     *slog.Logger
	metrics *telemetry.Metrics
	traces  *tracing.Tracing
	watch   *rpc.Watch // of the operations between this process and others
	names   []string   // of the services
	closers []func()

	users    *userpg.Store
	products *productpg.Store
	prices   *pricingpg.Store
	stock    *inventorypg.Store
	payments *paymentpg.Store
	orders   *orderpg.Store
	notices  *notificationpg.Store
	webhooks *notificationpg.Webhooks

	all    reached        // every service that this process can ask
	others []health.Probe // of those that are in other processes
	keys   *payload.Keys
	codec  *payload.Codec
}

// Open connects the named services to their databases. A database that is not
// there yet is no error: the service is not ready until it is.
func Open(ctx context.Context, c config.Config, log *slog.Logger, services ...string) (*Platform, error) {
	if err := cmp.Or(known(services), known(slices.Collect(maps.Keys(c.Services))), c.Validate(services...)); err != nil {
		return nil, err
	}
	metrics, err := telemetry.New(log)
	if err != nil {
		return nil, err
	}
	p := &Platform{config: c, log: log, metrics: metrics, names: services}
	if p.traces, err = tracing.New(ctx, c.Tracing, p.processName(), log); err != nil {
		return nil, err
	}
	p.watch = rpc.NewWatch(p.traces.Of(), metrics)
	p.closers = append(p.closers, p.endTraces)
	for _, name := range services {
		pool, err := p.pool(ctx, string(c.Databases[name]))
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("open database of %s: %w", name, err)
		}
		p.closers = append(p.closers, pool.Close)
		p.metrics.Pool(name, "service", pool)
		if err := p.join(name, pg.Telling{Pool: pool}); err != nil {
			p.Close()
			return nil, err
		}
	}
	p.reach()
	if err := p.openCodec(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// pool connects to a database; what it is asked is part of the traces.
func (p *Platform) pool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.ConnConfig.Tracer = p.traces.SQL()
	return pgxpool.NewWithConfig(ctx, c)
}

// processName is what the process is called in traces: after its service, or as
// all of them.
func (p *Platform) processName() string {
	switch len(p.names) {
	case 0:
		return "skald-gateway"
	case 1:
		return "skald-" + p.names[0]
	default:
		return "skald"
	}
}

func (p *Platform) endTraces() {
	if err := p.traces.Close(); err != nil {
		p.log.Warn("spans are lost", "error", err)
	}
}

func (p *Platform) join(name string, pool pg.Pool) (err error) {
	switch name {
	case "user":
		p.users = userpg.New(pool)
	case "product":
		p.products = productpg.New(pool)
	case "pricing":
		p.prices = pricingpg.New(pool)
	case "inventory":
		p.stock = inventorypg.New(pool)
	case "order":
		p.orders = orderpg.New(pool)
	case "notification":
		p.notices = notificationpg.New(pool)
		p.webhooks, err = p.newWebhooks(pool)
	case "payment":
		provider := stripepay.New(stripepay.Config{
			Key: string(p.config.Stripe.Key), URL: p.config.Stripe.URL, WebhookSecret: string(p.config.Stripe.WebhookSecret),
			ReturnURL: p.config.Stripe.ReturnURL,
		})
		p.payments = paymentpg.New(pool, watched.New(provider, p.traces.Of(), p.metrics))
	}
	return err
}

// known refuses what is no service.
func known(services []string) error {
	for _, name := range services {
		if !slices.Contains(db.Services(), name) {
			return fmt.Errorf("there is no service %q: the services are %s", name, strings.Join(db.Services(), ", "))
		}
	}
	return nil
}

// Close ends all connections to databases and services, the last opened first: what
// is traced until then is still sent.
func (p *Platform) Close() {
	for _, end := range slices.Backward(p.closers) {
		end()
	}
}

// Migrate brings the databases of the named services to their newest schema,
// telling of each how many migrations it took.
func Migrate(ctx context.Context, c config.Config, tell func(service string, applied int), services ...string) error {
	if err := cmp.Or(known(services), c.ValidateDatabases(services...)); err != nil {
		return err
	}
	for _, name := range services {
		n, err := db.Migrate(ctx, string(c.Databases[name]), name)
		if err != nil {
			return err
		}
		tell(name, n)
	}
	return nil
}

// Metrics are those of the process.
func (p *Platform) Metrics() *telemetry.Metrics { return p.metrics }

// Users is the user service.
func (p *Platform) Users() user.Service { return p.users }

// Products is the catalogue.
func (p *Platform) Products() product.Service { return p.products }

// Prices is the pricing service.
func (p *Platform) Prices() pricing.Service { return p.prices }

// Stock is the inventory service.
func (p *Platform) Stock() inventory.Service { return p.stock }
