package pricingpg_test

import (
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/pricing/pricinghttp"
)

// inProcess is a service as it is.
func inProcess(_ *testing.T, s pricing.Service) pricing.Service { return s }

// acrossNetwork is a service of which what the front door asks goes over the
// network.
func acrossNetwork(t *testing.T, s pricing.Service) pricing.Service {
	type here struct{ pricing.Service }
	return struct {
		pricinghttp.Client
		here
	}{pricinghttp.New(rpctest.Across(t, "pricing", func(to *rpc.Server) { pricinghttp.Serve(to, s) })), here{s}}
}
