package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/internal/rpc/rpctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func answering[Q, A any](t *testing.T, do func(context.Context, Q) (A, error)) *rpc.Upstream {
	t.Helper()
	return rpctest.Across(t, "echo", func(s *rpc.Server) { rpc.Handle(s, "echo", "do", do) })
}

// TestFaultsCross: a fault is on this side of the network what it was on the
// other; its cause stays there.
func TestFaultsCross(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Invalid, fault.NotFound, fault.Conflict, fault.Refused, fault.Unavailable, fault.Unknown, fault.Internal} {
		f := &fault.Error{Kind: kind, Code: "a_code", Message: "A message.", Field: "items[0].quantity"}
		up := answering(t, func(context.Context, string) (string, error) { return "", f.Because(errors.New("a secret")) })
		_, err := rpc.Write[string](t.Context(), up, "do", "x")
		require.Equal(t, f, fault.From(err))
	}
	up := answering(t, func(context.Context, string) (string, error) { return "", errors.New("a secret") })
	_, err := rpc.Write[string](t.Context(), up, "do", "x")
	require.Equal(t, fault.Internal, fault.KindOf(err))
	require.NotContains(t, err.Error(), "secret")
}

// TestReadsAreTriedAgain, and writes are not.
func TestReadsAreTriedAgain(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	up := answering(t, func(_ context.Context, n int64) (int64, error) {
		if calls.Add(1) < n {
			return 0, fault.New(fault.Unavailable, "busy", "Busy.")
		}
		return calls.Load(), nil
	})
	got, err := rpc.Read[int64](t.Context(), up, "do", 3)
	require.NoError(t, err)
	require.EqualValues(t, 3, got)
	calls.Store(0)
	_, err = rpc.Write[int64](t.Context(), up, "do", 3)
	require.ErrorIs(t, err, fault.New(fault.Unavailable, "busy", ""))
	require.EqualValues(t, 1, calls.Load())
	calls.Store(0)
	_, err = rpc.Read[int64](t.Context(), up, "do", 10)
	require.ErrorIs(t, err, fault.New(fault.Unavailable, "busy", ""), "the last answer is the one that is given")
	require.EqualValues(t, 3, calls.Load())
}

// TestBreaker: a service that fails again and again is left alone for a while,
// and asked again; a definite answer is no failure.
func TestBreaker(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	var calls atomic.Int64
	up := answering(t, func(context.Context, string) (string, error) {
		calls.Add(1)
		if down.Load() {
			return "", fault.New(fault.Unknown, "lost", "Lost.")
		}
		return "", fault.New(fault.NotFound, "nothing", "Nothing.")
	})
	for range 20 {
		_, err := rpc.Write[string](t.Context(), up, "do", "")
		require.Equal(t, fault.NotFound, fault.KindOf(err))
	}
	require.Equal(t, rpc.Closed, up.State())
	down.Store(true)
	for range 20 {
		_, err := rpc.Write[string](t.Context(), up, "do", "")
		require.False(t, fault.KindOf(err).Definite())
	}
	require.Equal(t, rpc.Open, up.State())
	require.EqualValues(t, 25, calls.Load(), "nobody is sent there any more")
	_, err := rpc.Read[string](t.Context(), up, "do", "")
	require.ErrorIs(t, err, fault.New(fault.Unavailable, "service_unavailable", ""))
	down.Store(false)
	require.Eventually(t, func() bool {
		_, err := rpc.Read[string](t.Context(), up, "do", "")
		return fault.KindOf(err) == fault.NotFound
	}, 20*time.Second, 50*time.Millisecond)
	require.Equal(t, rpc.Closed, up.State())
}

// TestWhoAsksGoesAway: that is no failure of the service.
func TestWhoAsksGoesAway(t *testing.T) {
	t.Parallel()
	up := answering(t, func(ctx context.Context, _ string) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	for range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		_, err := rpc.Read[string](ctx, up, "do", "")
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, rpc.Closed, up.State())
}

// TestWhoAsksGoesAwayBetween: a service that fails is not made well by those who
// do not wait for it.
func TestWhoAsksGoesAwayBetween(t *testing.T) {
	t.Parallel()
	up := answering(t, func(ctx context.Context, fail bool) (string, error) {
		if !fail {
			<-ctx.Done()
		}
		return "", fault.New(fault.Unavailable, "busy", "Busy.")
	})
	for range 5 {
		_, err := rpc.Write[string](t.Context(), up, "do", true)
		require.Error(t, err)
		if up.State() == rpc.Open {
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		_, err = rpc.Write[string](ctx, up, "do", false)
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, rpc.Open, up.State())
}

// TestDeadlineAndTraceCross: the service knows how long anybody waits, and for
// whose request it works.
func TestDeadlineAndTraceCross(t *testing.T) {
	t.Parallel()
	type seen struct {
		Left  time.Duration
		Trace string
	}
	up := answering(t, func(ctx context.Context, _ string) (seen, error) {
		deadline, ok := ctx.Deadline()
		if !ok {
			return seen{}, errors.New("no deadline")
		}
		return seen{time.Until(deadline), trace.SpanContextFromContext(ctx).TraceID().String()}, nil
	})
	id := trace.TraceID{1, 2, 3}
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{4}}))
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	got, err := rpc.Read[seen](ctx, up, "do", "")
	require.NoError(t, err)
	require.Equal(t, id.String(), got.Trace)
	require.Positive(t, got.Left)
	require.LessOrEqual(t, got.Left, time.Second)
}

// TestStrangers: nobody is answered without a token of the platform, and any of
// them will do.
func TestStrangers(t *testing.T) {
	t.Parallel()
	s := rpc.NewServer(slog.New(slog.DiscardHandler), "new", "old")
	rpc.Handle(s, "echo", "do", func(context.Context, string) (string, error) { return "yes", nil })
	server := httptest.NewServer(s)
	defer server.Close()
	for token, known := range map[string]bool{"new": true, "old": true, "": false, "other": false} {
		up := rpc.NewUpstream("echo", server.URL, token, nil)
		got, err := rpc.Write[string](t.Context(), up, "do", "")
		require.Equal(t, known, err == nil, token)
		require.Equal(t, known, got == "yes")
		up.Close()
	}
	response, err := http.Post(server.URL+"/rpc/echo/do", "application/json", http.NoBody) //nolint:noctx // the test ends
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	http.DefaultClient.CloseIdleConnections()
}

// TestNobodyThere: a request that never left is Unavailable; an answer of
// something else on the way leaves open what happened.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	up := rpc.NewUpstream("echo", server.URL, "token", nil)
	defer up.Close()
	_, err := rpc.Write[string](t.Context(), up, "do", "")
	require.Equal(t, fault.Unknown, fault.KindOf(err))
	server.Close()
	gone := rpc.NewUpstream("echo", server.URL, "token", nil) // with no connection from before
	_, err = rpc.Write[string](t.Context(), gone, "do", "")
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}

// TestText: what is not UTF-8 is refused, not changed on the way.
func TestText(t *testing.T) {
	t.Parallel()
	up := answering(t, func(_ context.Context, s string) (string, error) { return s, nil })
	for _, text := range []string{"plain", "\ufffd", `\ufffd`, `\\ufffd`, "한국어 \" <&> \x00"} {
		got, err := rpc.Write[string](t.Context(), up, "do", text)
		require.NoError(t, err)
		require.Equal(t, text, got)
	}
	for _, text := range []string{"\xff", "a\xc3(", `\` + "\xff"} {
		_, err := rpc.Write[string](t.Context(), up, "do", text)
		require.Equal(t, fault.Invalid, fault.KindOf(err), "%q", text)
	}
}

// TestTurns: the processes of a service take turns, and one that is not there is
// passed over, also by a write.
func TestTurns(t *testing.T) {
	t.Parallel()
	var calls [2]atomic.Int64
	var urls []string
	for i := range calls {
		s := rpc.NewServer(slog.New(slog.DiscardHandler), "token")
		rpc.Handle(s, "echo", "do", func(context.Context, string) (string, error) { calls[i].Add(1); return "", nil })
		server := httptest.NewServer(s)
		defer server.Close()
		urls = append(urls, server.URL)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	up := rpc.NewUpstream("echo", strings.Join(append(urls, gone.URL), " "), "token", nil)
	defer up.Close()
	for range 30 {
		_, err := rpc.Write[string](t.Context(), up, "do", "")
		require.NoError(t, err)
	}
	require.Equal(t, []int64{20, 10}, []int64{calls[0].Load(), calls[1].Load()}, "the one after it takes its turns")
	require.Equal(t, rpc.Closed, up.State())
}

// TestPanicsStay: a panic in an operation is a failure of that one alone.
func TestPanicsStay(t *testing.T) {
	t.Parallel()
	up := answering(t, func(context.Context, string) (string, error) { panic("a secret") })
	_, err := rpc.Write[string](t.Context(), up, "do", "")
	require.Equal(t, fault.Internal, fault.KindOf(err))
	require.NotContains(t, err.Error(), "secret")
}
