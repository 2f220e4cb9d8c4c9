package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/internal/fault"
)

// TestGrantable: nobody makes a key that may do more than they may themselves.
func TestGrantable(t *testing.T) {
	t.Parallel()
	whole, limited := auth.Principal{}, auth.Principal{Scopes: []string{writeKeys, readOrders}}
	require.NoError(t, grantable(whole, nil))
	require.NoError(t, grantable(whole, []string{writeSagas}))
	require.NoError(t, grantable(limited, []string{readOrders}))
	for field, wanted := range map[string][]string{"scopes": nil, "scopes[0]": {writeSagas}, "scopes[1]": {readOrders, writeOrders}} {
		require.Equal(t, field, fault.From(grantable(limited, wanted)).Field)
	}
	require.Equal(t, "scopes[0]", fault.From(grantable(whole, []string{"everything"})).Field)
}
