package platform

import (
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/api"
)

// maxWait is how long the front door waits for the outcome of an order at most.
const maxWait = 10 * time.Second

// FrontDoor returns the HTTP API over the process's services, which must be
// all. keys gives the name of the principal of an API key.
func (p *Platform) FrontDoor(c client.Client, keys map[string]string) (http.Handler, error) {
	if len(p.pools) != len(Services()) {
		return nil, fmt.Errorf("the front door needs every service: %v", Services())
	}
	return api.New(api.Config{
		Users: p.users, Products: p.products, Prices: p.prices, Stock: p.stock, Orders: p.orders, Payments: p.payments,
		Sagas:   api.NewSagas(c, p.config.ActionTimeout),
		MaxWait: maxWait,
		APIKeys: keys,
		Log:     p.log,
	})
}
