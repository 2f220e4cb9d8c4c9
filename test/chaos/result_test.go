package chaos_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/checker"
)

// result is what one run was, and what came of it.
type result struct {
	size
	begun, healed, rested time.Time
	retried               atomic.Int64 // parked steps that the operator retried
	restarts              int
	verdict               *checker.Verdict
	episodes              []episode
	coverage              coverage
	started, settled      []time.Time // orders as their customers saw them
}

// learn keeps what the run was made of.
func (r *result) learn(w *world, l *load, s *schedule) {
	r.episodes = s.episodes()
	w.refusals.mu.Lock()
	defer w.refusals.mu.Unlock()
	r.coverage = cover(r.episodes, r.verdict.Histories, w.refusals.times)
	l.at.Lock()
	defer l.at.Unlock()
	r.started, r.settled = l.started, l.settled
	for _, p := range w.processes {
		r.restarts += p.restarts()
	}
}

// requireEnough: the run was hard enough for its outcome to mean something.
func (r *result) requireEnough(t *testing.T) {
	t.Helper()
	kinds := map[string]int{}
	for _, e := range r.episodes {
		require.NoError(t, e.Err, "a fault could not be caused: %s", e)
		kinds[e.Kind]++
	}
	require.GreaterOrEqual(t, len(r.episodes), r.faults)
	require.GreaterOrEqual(t, len(kinds), r.kinds)
	require.GreaterOrEqual(t, r.verdict.Orders, r.sagas)
	for kind := range kinds {
		if kind != "provider webhooks" { // which keep nothing up
			require.NotEmpty(t, r.coverage[kind], "%s struck nothing", kind)
		}
	}
	for _, step := range []string{
		"CheckCustomer", "QuoteOrder", "ReserveStock", "AuthorizePayment", "CapturePayment", "CommitStock", "TransitionOrder",
		"VoidPayment", "ReleaseStock", "RefundPayment", "ReturnStock", "FinishRefund",
		"client: place", "client: get", "client: cancel",
	} {
		require.GreaterOrEqual(t, r.coverage.kindsAt(step), r.fewestKinds, "too few kinds of faults struck %s\n%s", step, r.coverage.table())
	}
}

// text is the run in figures, as Markdown.
func (r *result) text() string {
	var text strings.Builder
	took := func(from, to time.Time) string { return fmt.Sprintf("%.0f s", to.Sub(from).Seconds()) }
	fmt.Fprintf(&text, "\nSeed %d: %d orders and %d refunds, %d faults of %d kinds in %s, %d restarts; %d parked steps retried by the operator; "+
		"all at rest %s after healing; **%d violations** in %d events of histories, %d lines of the provider's log, %d answers to clients. Orders ended:",
		r.seed, r.verdict.Orders, r.verdict.Refunds, len(r.episodes), len(r.coverage), took(r.begun, r.healed), r.restarts, r.retried.Load(),
		took(r.healed, r.rested), len(r.verdict.Broken), r.verdict.Events, r.verdict.ProviderLines, r.verdict.Answers)
	for i, status := range []string{"confirmed", "refunded", "rejected", "cancelled", "failed"} {
		if i > 0 {
			text.WriteString(",")
		}
		fmt.Fprintf(&text, " %d %s", r.verdict.Endings[status], status)
	}
	return text.String() + ".\n\n" + r.coverage.table() + "\n"
}

func (r *result) write(t *testing.T, path string) {
}
