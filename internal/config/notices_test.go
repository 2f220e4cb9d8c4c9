package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

func kept() config.Notices { return config.Notices{Inbox: 72 * time.Hour, Ended: time.Hour} }

// TestNotices: what is kept too short is told in a sentence that says what to do.
func TestNotices(t *testing.T) {
	t.Parallel()
	require.NoError(t, kept().Possible())
	for says, spoil := range map[string]func(*config.Notices){
		"SKALD_NOTIFICATION_INBOX_RETENTION": func(n *config.Notices) { n.Inbox-- },
		"SKALD_NOTIFICATION_RETENTION":       func(n *config.Notices) { n.Ended-- },
	} {
		n := kept()
		spoil(&n)
		require.ErrorContains(t, n.Possible(), says)
	}
}
