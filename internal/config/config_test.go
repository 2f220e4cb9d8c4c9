package config_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

func complete() config.Config {
	return config.Config{
		Databases: map[string]config.Secret{"order": "postgres://order:hidden@db/order", "payment": "postgresql://db/payment"},
		Stripe:    config.Stripe{Key: "sk_hidden", WebhookSecret: "whsec_hidden", ReturnURL: "https://shop.test/thanks"},

		ActionTimeout: time.Minute,
		KeepEvents:    time.Hour,
		Reconcile:     config.Reconcile{Interval: time.Minute, Grace: 30 * time.Second},
	}
}

// TestValidate: each thing that is missing is told in a sentence that says what
// to do.
func TestValidate(t *testing.T) {
	t.Parallel()
	require.NoError(t, complete().Validate("order", "payment"))
	for says, spoil := range map[string]func(*config.Config){
		"set SKALD_DATABASES to order=": func(c *config.Config) { delete(c.Databases, "order") },
		"not a postgres:// URL":         func(c *config.Config) { c.Databases["order"] = "mysql://db" },
		"STRIPE_API_KEY":                func(c *config.Config) { c.Stripe.Key = "" },
		"STRIPE_WEBHOOK_SECRET":         func(c *config.Config) { c.Stripe.WebhookSecret = "" },
		"STRIPE_RETURN_URL":             func(c *config.Config) { c.Stripe.ReturnURL = "thanks" },
		"SKALD_RECONCILE_INTERVAL":      func(c *config.Config) { c.Reconcile.Interval = 0 },
		"SKALD_RECONCILE_GRACE":         func(c *config.Config) { c.Reconcile.Grace = time.Millisecond },
		"SKALD_OUTBOX_RETENTION":        func(c *config.Config) { c.KeepEvents = time.Second },
		"SKALD_ACTION_TIMEOUT":          func(c *config.Config) { c.ActionTimeout = 25 * time.Hour },
	} {
		c := complete()
		spoil(&c)
		require.ErrorContains(t, c.Validate("order", "payment"), says)
	}
	c := complete()
	c.Stripe = config.Stripe{}
	require.NoError(t, c.Validate("order"), "only the payment service needs the provider")
}

func TestConnections(t *testing.T) {
	t.Parallel()
	require.NoError(t, config.Server{MaxConnections: 1}.Possible())
	require.ErrorContains(t, config.Server{}.Possible(), "SKALD_MAX_CONNECTIONS")
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	c := complete()
	shown, err := json.Marshal(c)
	require.NoError(t, err)
	for _, text := range []string{string(shown), fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c)} {
		require.NotContains(t, text, "hidden")
	}
}
