package standardwebhooks_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/outbound"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/standardwebhooks"
)

func sender() *standardwebhooks.Sender {
	return standardwebhooks.New(outbound.New(outbound.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 5 * time.Second}))
}

func secret(b byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(b), 32)))
}

// TestSignature: a receiver with any of the secrets takes it by the specification's own
// library; with another, or of another body, id or time, nobody does.
func TestSignature(t *testing.T) {
	t.Parallel()
	old, fresh := secret('a'), secret('b')
	var body []byte
	var header http.Header
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		header = r.Header.Clone()
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()
	m := notification.WebhookMessage{URL: receiver.URL, ID: "ord_1/2", Time: time.Now(), Body: []byte(`{"type":"order.confirmed"}`), Secrets: []string{fresh, old}}
	answer, err := sender().Send(t.Context(), m)
	require.NoError(t, err)
	require.Equal(t, notification.WebhookAnswer{Status: http.StatusAccepted}, answer)
	require.Equal(t, m.Body, body)
	require.Equal(t, []string{"ord_1/2", "application/cloudevents+json"}, []string{header.Get("webhook-id"), header.Get("Content-Type")})
	for _, known := range []string{old, fresh} {
		by, err := standard.NewWebhook(known)
		require.NoError(t, err)
		require.NoError(t, by.Verify(body, header))
		require.Error(t, by.Verify(append(body, ' '), header))
		for name, other := range map[string]string{"webhook-id": "ord_1/3", "webhook-timestamp": "1700000000"} {
			changed := header.Clone()
			changed.Set(name, other)
			require.Error(t, by.VerifyIgnoringTimestamp(body, changed), name)
		}
	}
	by, err := standard.NewWebhook(secret('c'))
	require.NoError(t, err)
	require.ErrorIs(t, by.Verify(body, header), standard.ErrNoMatchingSignature)
}

// TestExample is the signature of the specification's own example: secret, id and time
// are what it says.
func TestExample(t *testing.T) {
	t.Parallel()
	var signature string
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { signature = r.Header.Get("webhook-signature") }))
	defer receiver.Close()
	_, err := sender().Send(t.Context(), notification.WebhookMessage{
		URL: receiver.URL, ID: "msg_p5jXN8AQM9LWM0D4loKWxJek", Time: time.Unix(1614265330, 0), Body: []byte(`{"test": 2432232314}`),
		Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
	})
	require.NoError(t, err)
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature)
}

// TestAnswers: what came of it is told as coarsely as strangers may know it; a defect of
// ours, and one who waits no more, say nothing of the endpoint.
func TestAnswers(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer receiver.Close()
	nameless := standardwebhooks.New(outbound.New(outbound.Options{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 5 * time.Second,
		Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no name server") }},
	}))
	for url, want := range map[string]notification.WebhookAnswer{
		receiver.URL:               {Status: 500, Reason: "http_500"},
		receiver.URL + "/moved":    {Status: 302, Reason: "http_302"},
		"https://10.0.0.1/":        {Reason: notification.WebhookAddressRefused, Cause: outbound.ErrRefused},
		"https://nobody.invalid/":  {Reason: notification.WebhookAddressRefused, Cause: outbound.ErrRefused},
		"nonsense":                 {Reason: notification.WebhookAddressRefused, Cause: outbound.ErrURL},
		"http://127.0.0.1:1/":      {Reason: notification.WebhookUnreachable, Cause: outbound.ErrUnreachable},
		"https" + receiver.URL[4:]: {Reason: notification.WebhookTLSFailed, Cause: outbound.ErrTLS},
	} {
		answer, err := nameless.Send(t.Context(), notification.WebhookMessage{URL: url, ID: "1", Time: time.Now(), Secrets: []string{secret('a')}})
		require.NoError(t, err)
		require.ErrorIs(t, answer.Cause, want.Cause, url)
		answer.Cause = want.Cause
		require.Equal(t, want, answer, url)
	}
	for _, secrets := range [][]string{nil, {"whsec_$"}} {
		_, err := sender().Send(t.Context(), notification.WebhookMessage{URL: receiver.URL, ID: "1", Time: time.Now(), Secrets: secrets})
		require.Error(t, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sender().Send(gone, notification.WebhookMessage{URL: receiver.URL, ID: "1", Time: time.Now(), Secrets: []string{secret('a')}})
	require.ErrorIs(t, err, context.Canceled)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, sender().Check("https://shop.example/hooks"))
	for _, url := range []string{"https://10.0.0.1/", "ftp://shop.example/", "https://user:secret@shop.example/", "nonsense"} {
		f := fault.From(sender().Check(url))
		require.Equal(t, []any{fault.Invalid, "url"}, []any{f.Kind, f.Field})
		require.NotContains(t, f.Message, "10.0.0.1")
	}
}
