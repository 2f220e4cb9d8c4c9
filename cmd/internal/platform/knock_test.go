package platform

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/health"
	"github.com/skaldhq/skald/internal/rpc"
)

// TestKnock: who did not answer is asked, whatever comes of it; nobody else is.
func TestKnock(t *testing.T) {
	t.Parallel()
	var asked []rpc.State
	at := func(state rpc.State) health.Probe {
		return health.Probe{Breaker: func() string { return string(state) }, Ready: func(context.Context) error {
			asked = append(asked, state)
			return errors.New("not yet")
		}}
	}
	n, err := knock([]health.Probe{at(rpc.Open), at(rpc.Closed), at(rpc.HalfOpen)})(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, []rpc.State{rpc.Open, rpc.HalfOpen}, asked)
}
