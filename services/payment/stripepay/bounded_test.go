package stripepay_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment/stripepay"
)

// slow is a client of a provider that answers after a time, and its own timeout is
// much shorter.
func slow(t *testing.T, answers time.Duration) *stripepay.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(answers):
		case <-r.Context().Done():
			return
		}
		_, _ = w.Write([]byte(`{"id":"pi_1","object":"payment_intent","status":"requires_capture"}`))
	}))
	t.Cleanup(server.Close)
	return stripepay.New(stripepay.Config{Key: "sk_test_any", URL: server.URL, Timeout: 50 * time.Millisecond})
}

// TestCallHasTimeOfAttempt: an attempt with much time has it for its calls, and
// none of them takes it all.
func TestCallHasTimeOfAttempt(t *testing.T) {
	t.Parallel()
	long, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := slow(t, 300*time.Millisecond).GetIntent(long, "pi_1")
	require.NoError(t, err)

	_, err = slow(t, time.Minute).GetIntent(t.Context(), "pi_1") // no deadline: the timeout
	require.Equal(t, fault.Unknown, fault.KindOf(err))

	short, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err = slow(t, time.Minute).GetIntent(short, "pi_1")
	require.Equal(t, fault.Unknown, fault.KindOf(err))
	require.NoError(t, short.Err(), "there is time to ask")
}
