package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

// TestSMTP: each thing that cannot be is told in a sentence that says what to do.
func TestSMTP(t *testing.T) {
	t.Parallel()
	full := config.SMTP{Addr: "smtp.example:587", From: "Shop <shop@example.com>", Security: config.SMTPStartTLS, User: "skald", Password: "hidden"}
	require.NoError(t, full.Possible())
	require.NoError(t, config.SMTP{}.Possible(), "notifications wait")
	of := func(s config.SMTP) config.Config {
		c := complete()
		c.Databases["notification"], c.SMTP, c.Notices = "postgres://db/notification", s, kept()
		c.Services, c.Tokens = map[string]string{"user": "http://user", "payment": "http://payment"}, []config.Secret{"a"}
		return c
	}
	require.NoError(t, of(full).Validate("notification"))
	for says, spoil := range map[string]func(*config.SMTP){
		"SKALD_SMTP_ADDR":    func(s *config.SMTP) { s.Addr = "smtp.example" },
		"host:port":          func(s *config.SMTP) { s.Addr = "smtp.example:mail" },
		"SKALD_SMTP_FROM":    func(s *config.SMTP) { s.From = "nobody" },
		"no such way":        func(s *config.SMTP) { s.Security = "ssl" },
		"or neither":         func(s *config.SMTP) { s.Password = "" },
		"to starttls or tls": func(s *config.SMTP) { s.Security = config.SMTPPlain },
	} {
		s := full
		spoil(&s)
		require.ErrorContains(t, s.Possible(), says)
		require.ErrorContains(t, of(s).Validate("notification"), says)
		require.NoError(t, of(s).Validate(), "nobody else sends mail")
	}
	alone := of(full)
	delete(alone.Services, "payment")
	require.ErrorContains(t, alone.Validate("notification"), "set SKALD_SERVICES to payment=")
	alone.SMTP = config.SMTP{}
	require.NoError(t, alone.Validate("notification"))
}
