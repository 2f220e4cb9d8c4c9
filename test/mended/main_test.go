// Package mended_test has sagas in trouble that somebody sets right: an operator, the
// reconciler, or whoever puts back a backup.
package mended_test

import (
	"os"
	"testing"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

var platform stacktest.Platform

func TestMain(m *testing.M) { os.Exit(platform.Main(m)) }
