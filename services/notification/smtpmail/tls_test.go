package smtpmail_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/notification/smtpmail"
)

// guarded is a mail server that takes mail from whoever has logged in, over TLS.
type guarded struct{ taken atomic.Int64 }

type guest struct {
	server *guarded
	known  bool
}

func (g *guarded) NewSession(*smtp.Conn) (smtp.Session, error) { return &guest{server: g}, nil }

func (*guest) AuthMechanisms() []string { return []string{sasl.Plain} }

func (g *guest) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if g.known = user == "skald" && password == "secret"; !g.known {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (*guest) Reset()                               {}
func (*guest) Logout() error                        { return nil }
func (*guest) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (g *guest) Mail(string, *smtp.MailOptions) error {
	if !g.known {
		return smtp.ErrAuthRequired
	}
	return nil
}
func (g *guest) Data(r io.Reader) error {
	g.server.taken.Add(1)
	_, err := io.Copy(io.Discard, r)
	return err
}

// TestTLS: mail goes over STARTTLS and over TLS, to a server whose authority is known
// and where the login is right; a wrong one is for operators to mend, and the mail waits.
func TestTLS(t *testing.T) {
	t.Parallel()
	lender := httptest.NewTLSServer(http.NotFoundHandler()) // of a certificate for 127.0.0.1
	defer lender.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lender.Certificate().Raw}), 0o600))
	for _, security := range []smtpmail.Security{smtpmail.STARTTLS, smtpmail.TLS} {
		g := &guarded{}
		server := smtp.NewServer(g)
		server.TLSConfig = &tls.Config{Certificates: lender.TLS.Certificates, MinVersion: tls.VersionTLS12}
		plain, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		l := plain
		if security == smtpmail.TLS {
			l = tls.NewListener(plain, server.TLSConfig)
		}
		serving := make(chan error, 1)
		go func() { serving <- server.Serve(l) }()

		c := configOf(t, plain.Addr().String())
		c.Security, c.CAFile, c.User, c.Password = security, authority, "skald", "secret"
		send := func(c smtpmail.Config) error {
			m, err := smtpmail.New(c)
			require.NoError(t, err)
			return m.Send(t.Context(), letter("ada@example.com"))
		}
		require.NoError(t, send(c), security)
		for _, spoil := range []func(*smtpmail.Config){
			func(c *smtpmail.Config) { c.Password = "wrong" },
			func(c *smtpmail.Config) { c.User, c.Password = "", "" },
			func(c *smtpmail.Config) { c.CAFile = "" },
		} {
			spoiled := c
			spoil(&spoiled)
			require.Equal(t, fault.Unknown, fault.KindOf(send(spoiled)), security)
		}
		require.EqualValues(t, 1, g.taken.Load())
		require.NoError(t, server.Close())
		if err := <-serving; !errors.Is(err, smtp.ErrServerClosed) {
			require.NoError(t, err)
		}
	}
}
