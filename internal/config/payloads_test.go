package config_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/seal"
)

// TestPayloads: each thing that cannot be is told in a sentence that says what to
// do.
func TestPayloads(t *testing.T) {
	t.Parallel()
	key := config.Secret("2026-11=" + base64.StdEncoding.EncodeToString(seal.Random()))
	full := complete()
	full.Services, full.Tokens = map[string]string{"user": "http://user:8001"}, []config.Secret{"token"}
	full.Payloads = config.Payloads{Keys: []config.Secret{key}, EraseAfter: time.Hour}
	require.NoError(t, full.Validate("order"))
	ring, err := full.Payloads.Ring()
	require.NoError(t, err)
	first, ok := ring.First()
	require.True(t, ok)
	require.Equal(t, "2026-11", first.ID)
	for says, spoil := range map[string]func(*config.Config){
		"mend SKALD_PAYLOAD_KEYS":          func(c *config.Config) { c.Payloads.Keys = []config.Secret{key[:30]} },
		"set SKALD_SERVICES to user=":      func(c *config.Config) { c.Services = nil },
		"set SKALD_PAYLOAD_ERASE_AFTER":    func(c *config.Config) { c.Payloads.EraseAfter = time.Second },
		"or longer after their user was d": func(c *config.Config) { c.Payloads.EraseAfter = 0 },
	} {
		c := full
		spoil(&c)
		err := c.Validate("order")
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), string(key[10:]))
	}
}
