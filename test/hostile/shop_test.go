package hostile_test

import (
	"testing"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const visa = stack.Visa

// bench is one test's own corner of a platform.
type bench struct{ *stacktest.Bench }

// own gives a platform of the test's own.
func own(t *testing.T, args ...string) *bench {
	t.Helper()
	return &bench{platform.Own(t, args...)}
}
