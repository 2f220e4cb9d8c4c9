package config_test

import (
	"encoding/base64"
	"net/netip"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

// TestWebhooksPossible: what is given by default can be; what cannot is told in a
// sentence that says what to do, and shows no key.
func TestWebhooksPossible(t *testing.T) {
	t.Parallel()
	var given struct {
		config.Webhooks `embed:"" envprefix:"SKALD_WEBHOOK_"`
	}
	key := "a=" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	parser, err := kong.New(&given)
	require.NoError(t, err)
	_, err = parser.Parse([]string{"--keys", key, "--allow-networks", "127.0.0.0/8,::1/128"})
	require.NoError(t, err)
	require.NoError(t, given.Possible())
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, given.Allow)
	require.Equal(t, []uint16{443}, given.Ports)
	require.Len(t, given.Retries, 9)
	for says, spoil := range map[string]func(*config.Webhooks){
		"SKALD_WEBHOOK_KEYS":    func(w *config.Webhooks) { w.Keys = []config.Secret{config.Secret(key), "hidden"} },
		"SKALD_WEBHOOK_PORTS":   func(w *config.Webhooks) { w.Ports = nil },
		"SKALD_WEBHOOK_TIMEOUT": func(w *config.Webhooks) { w.Timeout = time.Minute },
		"SKALD_WEBHOOK_AT_ONCE": func(w *config.Webhooks) { w.AtOnce = 0 },
		"SKALD_WEBHOOK_RETRIES": func(w *config.Webhooks) { w.Retries = []time.Duration{0} },
	} {
		w := given.Webhooks
		spoil(&w)
		require.ErrorContains(t, w.Possible(), says)
		require.NotContains(t, w.Possible().Error(), "hidden")
	}
}
