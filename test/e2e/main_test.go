// Package e2e_test uses the whole platform as a client does: HTTP, stack.json,
// SQL, the provider's log, workflow histories.
package e2e_test

import (
	"os"
	"testing"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

var platform stacktest.Platform

func TestMain(m *testing.M) { os.Exit(platform.Main(m)) }
