package smtpmail_test

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/smtpmail"
)

// TestSlow: a mail server that speaks without end, from whichever command on, takes no
// longer than the steps of a mail may: an attempt is over before its lease is.
func TestSlow(t *testing.T) {
	t.Parallel()
	const step = time.Second
	for _, from := range []string{"", "EHLO", "MAIL", "RCPT", "DATA", "."} {
		t.Run("from "+from, func(t *testing.T) {
			t.Parallel()
			c := configOf(t, dripping(t, from))
			c.Timeout = step
			m, err := smtpmail.New(c)
			require.NoError(t, err)
			begun := time.Now()
			err = m.Send(t.Context(), letter("ada@example.com"))
			took := time.Since(begun)
			require.Equal(t, fault.Unknown, fault.KindOf(err))
			require.Less(t, took, time.Duration(float64(notification.Lease)*float64(step)/float64(notification.MailTimeout)), "the lease, at this pace")
			t.Log(took)
		})
	}
}

// dripping is a mail server that from a command on answers with lines that never end.
func dripping(t *testing.T, from string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		reply := func(line string) error { _, err := conn.Write([]byte(line + "\r\n")); return err }
		drip := func() {
			for pace := time.NewTicker(50 * time.Millisecond); reply("250-and then") == nil; <-pace.C {
			}
		}
		if from == "" {
			drip()
			return
		}
		_ = reply("220 dripping")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			switch line := lines.Text(); {
			case strings.HasPrefix(line, from):
				drip()
				return
			case line == "DATA":
				_ = reply("354 go on")
			case strings.HasPrefix(line, "EHLO"), strings.HasPrefix(line, "MAIL"), strings.HasPrefix(line, "RCPT"):
				_ = reply("250 ok")
			}
		}
	}()
	return l.Addr().String()
}
