// Package told_test looks at what others are told of what happened: events, mail to
// customers, webhooks to integrators.
package told_test

import (
	"os"
	"testing"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

var platform = stacktest.Platform{Args: []string{"--webhook-retries", webhookRetries}}

func TestMain(m *testing.M) {
	if code, is := beBroker(); is {
		os.Exit(code)
	}
	os.Exit(platform.Main(m))
}
