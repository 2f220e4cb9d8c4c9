package told_test

import (
	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

const (
	visa          = stack.Visa
	declined      = stack.Declined
	authenticated = stack.Authenticated
)

// bench is one test's own corner of a platform.
type bench struct{ *stacktest.Bench }
