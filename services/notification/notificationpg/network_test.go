package notificationpg_test

import (
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/notificationhttp"
)

// inProcess is a service as it is.
func inProcess(_ *testing.T, s notification.Service) notification.Service { return s }

// acrossNetwork is a service of which what the front door asks goes over the
// network.
func acrossNetwork(t *testing.T, s notification.Service) notification.Service {
	type here struct{ notification.Service }
	return struct {
		notificationhttp.Client
		here
	}{notificationhttp.New(rpctest.Across(t, "notification", func(to *rpc.Server) { notificationhttp.Serve(to, s) })), here{s}}
}
