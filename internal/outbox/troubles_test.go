package outbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRetreat: as long as some partition is away, nobody waits for it for longer than a
// second; only where nothing at all got through does Kafka get all the time again.
func TestRetreat(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	tell := func(tr *troubles) (int64, time.Duration) {
		passed := tr.passed(now)
		return passed, tr.within(passed, publishTimeout)
	}
	var tr troubles
	for _, others := range []bool{true, false, true} {
		require.True(t, tr.met(7, now), "a retreat begins")
		passed, within := tell(&tr)
		require.EqualValues(t, 7, passed)
		require.Equal(t, retreatTimeout, within)
		tr.reached = others
		now = tr.until
		passed, within = tell(&tr)
		require.Zero(t, passed)
		require.Equal(t, map[bool]time.Duration{true: retreatTimeout, false: publishTimeout}[others], within)
	}
	_, within := tell(&troubles{})
	require.Equal(t, publishTimeout, within, "without troubles")
}
