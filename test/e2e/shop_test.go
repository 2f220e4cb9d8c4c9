package e2e_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const (
	visa          = stack.Visa
	declined      = stack.Declined
	noFunds       = stack.NoFunds
	authenticated = stack.Authenticated
)

// bench is one test's own corner of the platform.
type bench struct{ *stacktest.Bench }

// setup gives a corner of the platform that most tests share. They leave products of
// others alone, and so can run at the same time.
func setup(t *testing.T) *bench {
	t.Helper()
	return &bench{platform.Shared(t)}
}

// own gives a platform of the test's own.
func own(t *testing.T, args ...string) *bench {
	t.Helper()
	return &bench{platform.Own(t, args...)}
}

func (b *bench) setStock(product string, onHand int64) {
	b.Helper()
	require.NoError(b, b.SetStock(context.Background(), product, onHand))
}
