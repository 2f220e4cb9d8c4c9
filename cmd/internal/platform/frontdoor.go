package platform

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/health"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/inventory/inventoryhttp"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/notificationhttp"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/order/orderhttp"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymenthttp"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/pricing/pricinghttp"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/product/producthttp"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/services/user/userhttp"
)

// How long the front door waits for the outcome of an order: where the client
// does not say, and at most. api.Serve lets an answer take longer than either.
const (
	wait    = 10 * time.Second
	maxWait = 30 * time.Second
)

// reached is every service as the front door asks it: in this process, or over
// the network.
type reached struct {
	users    user.FrontDoor
	products product.FrontDoor
	prices   pricing.FrontDoor
	stock    inventory.FrontDoor
	orders   order.FrontDoor
	payments payment.FrontDoor
	notices  notification.FrontDoor
	webhooks notification.Webhooks

	probes map[string]health.Probe
}

// here gives the services of this process.
func (p *Platform) here() reached {
	r := reached{probes: map[string]health.Probe{}}
	for _, name := range p.names {
		var ready func(context.Context) error
		switch name {
		case "user":
			r.users, ready = p.users, p.users.Ready
		case "product":
			r.products, ready = p.products, p.products.Ready
		case "pricing":
			r.prices, ready = p.prices, p.prices.Ready
		case "inventory":
			r.stock, ready = p.stock, p.stock.Ready
		case "order":
			r.orders, ready = p.orders, p.orders.Ready
		case "payment":
			r.payments, ready = p.payments, p.payments.Ready
		case "notification":
			r.notices, r.webhooks, ready = p.notices, p.webhooks, p.notices.Ready
		}
		r.probes[name] = health.Probe{Ready: ready}
	}
	return r
}

// call reaches a service over the network.
func (r *reached) call(name string, at *rpc.Upstream) {
	var ready func(context.Context) error
	switch name {
	case "user":
		c := userhttp.New(at)
		r.users, ready = c, c.Ready
	case "product":
		c := producthttp.New(at)
		r.products, ready = c, c.Ready
	case "pricing":
		c := pricinghttp.New(at)
		r.prices, ready = c, c.Ready
	case "inventory":
		c := inventoryhttp.New(at)
		r.stock, ready = c, c.Ready
	case "order":
		c := orderhttp.New(at)
		r.orders, ready = c, c.Ready
	case "payment":
		c := paymenthttp.New(at)
		r.payments, ready = c, c.Ready
	case "notification":
		c := notificationhttp.New(at)
		r.notices, r.webhooks, ready = c, notificationhttp.NewWebhooks(at), c.Ready
	}
	r.probes[name] = health.Probe{Ready: ready, Breaker: func() string { return string(at.State()) }}
}

// reach finds every service: those of this process, and those of which the
// configuration says where they are.
func (p *Platform) reach() {
	p.all = p.here()
	for name, url := range p.config.Services {
		at := rpc.NewUpstream(name, url, string(p.config.Tokens[0]), func(s rpc.State) {
			p.log.Warn("circuit breaker", slog.String("service", name), slog.String("state", string(s)))
		}).Watched(p.watch)
		p.closers = append(p.closers, at.Close)
		p.all.call(name, at)
		p.others = append(p.others, p.all.probes[name])
	}
}

// knockPause is how long nobody asks a service that did not answer, but for those who
// need it.
const knockPause = 5 * time.Second

// knock returns the piece of housekeeping that asks the services that did not answer
// whether they do again. A breaker closes with a request that is answered: before one
// that nobody needs at the time it would stay open, and call somebody, for good.
func knock(others []health.Probe) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		for _, other := range others {
			if other.Breaker() != string(rpc.Closed) {
				_ = other.Ready(ctx) // the breaker takes notice
			}
		}
		return 0, nil
	}
}

// FrontDoor returns the HTTP API over every service: those of this process, and
// the others where the configuration says that they are.
func (p *Platform) FrontDoor(c client.Client) (http.Handler, error) {
	all := p.all
	all.probes["temporal"] = temporalProbe(c)
	limits, err := p.limits()
	if err != nil {
		return nil, err
	}
	by, keys := authenticators(p.config.Auth, all.users)
	return api.New(api.Config{
		Users: all.users, Products: all.products, Prices: all.prices, Stock: all.stock, Orders: all.orders, Payments: all.payments, Notices: all.notices, Webhooks: all.webhooks,
		Sagas: api.NewSagas(c, all.orders, p.config.ActionTimeout), Operators: api.NewOperators(c, p.config.Temporal.Namespace),
		Histories: api.NewHistories(c, p.config.Temporal.Namespace), Dependencies: health.NewWatch(all.probes),
		Wait: wait, MaxWait: maxWait,
		Codec: p.codec, Auth: by, Keys: keys, Limits: limits, Origins: p.config.Origins,
		Log: p.log, Metrics: p.metrics.Registry, Tracer: p.traces.Of(),
	})
}

// temporalProbe looks whether Temporal answers.
func temporalProbe(c client.Client) health.Probe {
	return health.Probe{Ready: func(ctx context.Context) error {
		_, err := c.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	}}
}

// authenticators are who find out who asks.
func authenticators(c config.Auth, users user.Keys) (all auth.Authenticator, keys *auth.Keys) {
	var by auth.By
	if c.KeySecret != "" {
		keys = auth.NewKeys(auth.NewMint(string(c.KeySecret)), users, time.Now)
		by.Keys = keys
	}
	if o := c.OIDC; o.Issuer != "" {
		by.Tokens = auth.NewTokens(auth.OIDC(o), time.Now)
	}
	return by, keys
}
