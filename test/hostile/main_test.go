// Package hostile_test sends what no client should: nonsense, secrets, too much, too slowly.
package hostile_test

import (
	"os"
	"testing"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

var platform stacktest.Platform

func TestMain(m *testing.M) { os.Exit(platform.Main(m)) }
