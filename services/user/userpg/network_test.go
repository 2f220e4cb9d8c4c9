package userpg_test

import (
	"testing"

	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/services/user/userhttp"
)

// inProcess is a service as it is.
func inProcess(_ *testing.T, s user.Service) user.Service { return s }

// acrossNetwork is a service of which what the front door asks goes over the
// network.
func acrossNetwork(t *testing.T, s user.Service) user.Service {
	type here struct{ user.Service }
	return struct {
		userhttp.Client
		here
	}{userhttp.New(rpctest.Across(t, "user", func(to *rpc.Server) { userhttp.Serve(to, s) })), here{s}}
}
