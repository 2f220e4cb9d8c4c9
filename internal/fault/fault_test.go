package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
)

func TestFault(t *testing.T) {
	t.Parallel()
	no := fault.New(fault.Refused, "declined", "Declined.")
	cause := errors.New("cause")
	wrapped := fmt.Errorf("pay order: %w", no.Because(cause))
	require.ErrorIs(t, wrapped, no)
	require.ErrorIs(t, wrapped, cause)
	require.NotErrorIs(t, wrapped, fault.New(fault.Refused, "other", ""))
	require.Equal(t, fault.Refused, fault.KindOf(wrapped))
	require.Equal(t, fault.Internal, fault.KindOf(cause))
	require.NotContains(t, fault.From(cause).Message, "cause")
	require.Nil(t, errors.Unwrap(no), "the sentinel stays as it was")
}

// TestDefinite: only an answer of the other side is one.
func TestDefinite(t *testing.T) {
	t.Parallel()
	for kind, definite := range map[fault.Kind]bool{
		fault.Invalid: true, fault.NotFound: true, fault.Conflict: true, fault.Refused: true,
		fault.Unavailable: false, fault.Unknown: false, fault.Internal: false,
	} {
		require.Equal(t, definite, kind.Definite(), kind)
	}
}
