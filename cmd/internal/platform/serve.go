package platform

import (
	"net/http"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/internal/health"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/inventory/inventoryhttp"
	"github.com/skaldhq/skald/services/notification/notificationhttp"
	"github.com/skaldhq/skald/services/order/orderhttp"
	"github.com/skaldhq/skald/services/payment/paymenthttp"
	"github.com/skaldhq/skald/services/pricing/pricinghttp"
	"github.com/skaldhq/skald/services/product/producthttp"
	"github.com/skaldhq/skald/services/user/userhttp"
)

// Services returns the HTTP API of the process's services: what the front door
// asks of them, their health, their metrics.
func (p *Platform) Services(c client.Client) http.Handler {
	var tokens []string
	for _, token := range p.config.Tokens {
		tokens = append(tokens, string(token))
	}
	to, here := rpc.NewServer(p.log, tokens...).Watched(p.watch), p.here()
	for _, name := range p.names {
		switch name {
		case "user":
			userhttp.Serve(to, here.users)
		case "product":
			producthttp.Serve(to, here.products)
		case "pricing":
			pricinghttp.Serve(to, here.prices)
		case "inventory":
			inventoryhttp.Serve(to, here.stock)
		case "order":
			orderhttp.Serve(to, here.orders)
		case "payment":
			paymenthttp.Serve(to, here.payments)
		case "notification":
			notificationhttp.Serve(to, here.notices)
			notificationhttp.ServeWebhooks(to, here.webhooks)
		}
	}
	here.probes["temporal"] = temporalProbe(c)
	mux := http.NewServeMux()
	mux.Handle("/rpc/", to)
	mux.Handle("GET /metrics", p.metrics.Handler())
	health.Mount(mux, health.NewWatch(here.probes))
	return mux
}
