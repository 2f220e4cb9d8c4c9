package productpg_test

import (
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/product/producthttp"
)

// inProcess is a service as it is.
func inProcess(_ *testing.T, s product.Service) product.Service { return s }

// acrossNetwork is a service of which what the front door asks goes over the
// network.
func acrossNetwork(t *testing.T, s product.Service) product.Service {
	type here struct{ product.Service }
	return struct {
		producthttp.Client
		here
	}{producthttp.New(rpctest.Across(t, "product", func(to *rpc.Server) { producthttp.Serve(to, s) })), here{s}}
}
