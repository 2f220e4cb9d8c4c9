package mended_test

import (
	"testing"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const (
	visa          = stack.Visa
	declined      = stack.Declined
	authenticated = stack.Authenticated
)

// bench is one test's own corner of the platform.
type bench struct{ *stacktest.Bench }

// own gives a platform of the test's own.
func own(t *testing.T, args ...string) *bench {
	t.Helper()
	return &bench{platform.Own(t, args...)}
}
