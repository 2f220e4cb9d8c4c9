package orderpg_test

import (
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/order/orderhttp"
)

// inProcess is a service as it is.
func inProcess(_ *testing.T, s order.Service) order.Service { return s }

// acrossNetwork is a service of which what the front door asks goes over the
// network.
func acrossNetwork(t *testing.T, s order.Service) order.Service {
	type here struct{ order.Service }
	return struct {
		orderhttp.Client
		here
	}{orderhttp.New(rpctest.Across(t, "order", func(to *rpc.Server) { orderhttp.Serve(to, s) })), here{s}}
}
