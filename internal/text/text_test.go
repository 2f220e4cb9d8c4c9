package text_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/text"
)

func TestKeepable(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"": true, "six dice": true, "주문 😀": true, "a\x00b": false, "\xff": false, "caf\xc3": false} {
		require.Equal(t, want, text.Keepable(s), "%q", s)
	}
}
