package inventorypg_test

import (
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/inventory/inventoryhttp"
)

// inProcess is a service as it is.
func inProcess(_ *testing.T, s inventory.Service) inventory.Service { return s }

// acrossNetwork is a service of which what the front door asks goes over the
// network.
func acrossNetwork(t *testing.T, s inventory.Service) inventory.Service {
	type here struct{ inventory.Service }
	return struct {
		inventoryhttp.Client
		here
	}{inventoryhttp.New(rpctest.Across(t, "inventory", func(to *rpc.Server) { inventoryhttp.Serve(to, s) })), here{s}}
}
