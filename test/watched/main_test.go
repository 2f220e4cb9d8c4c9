// Package watched_test sees what an operator sees of a running platform: its traces, its
// metrics, and what dashboards and alerts make of them.
package watched_test

import (
	"os"
	"testing"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

var platform stacktest.Platform

func TestMain(m *testing.M) { os.Exit(platform.Main(m)) }
