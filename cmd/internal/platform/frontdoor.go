package platform

import (
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/db"
)

// How long the front door waits for the outcome of an order: where the client
// does not say, and at most. api.Serve lets an answer take longer than either.
const (
	wait    = 10 * time.Second
	maxWait = 30 * time.Second
)

// FrontDoor returns the HTTP API over the process's services, which must be
// all. keys gives the name of the principal of an API key.
func (p *Platform) FrontDoor(c client.Client, keys map[string]string) (http.Handler, error) {
	if len(p.pools) != len(db.Services()) {
		return nil, fmt.Errorf("the front door needs every service: %v", db.Services())
	}
	return api.New(api.Config{
		Users: p.users, Products: p.products, Prices: p.prices, Stock: p.stock, Orders: p.orders, Payments: p.payments,
		Sagas: api.NewSagas(c, p.orders, p.config.ActionTimeout), Operators: api.NewOperators(c, p.config.Temporal.Namespace),
		Wait: wait, MaxWait: maxWait,
		APIKeys: keys,
		Log:     p.log, Metrics: p.metrics.Registry,
	})
}
