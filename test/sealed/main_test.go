// Package sealed_test looks at what is left at Temporal where payloads are sealed:
// who can read it, how keys are changed, and what becomes of it with its user.
package sealed_test

import (
	"os"
	"testing"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

var platform stacktest.Platform

func TestMain(m *testing.M) { os.Exit(platform.Main(m)) }
