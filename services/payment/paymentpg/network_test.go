package paymentpg_test

import (
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymenthttp"
)

// inProcess is a service as it is.
func inProcess(_ *testing.T, s payment.Service) payment.Service { return s }

// acrossNetwork is a service of which what the front door asks goes over the
// network.
func acrossNetwork(t *testing.T, s payment.Service) payment.Service {
	type here struct{ payment.Service }
	return struct {
		paymenthttp.Client
		here
	}{paymenthttp.New(rpctest.Across(t, "payment", func(to *rpc.Server) { paymenthttp.Serve(to, s) })), here{s}}
}
