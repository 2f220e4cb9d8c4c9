package chaos_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/checker"
)

// result is what one run was, and what came of it.
type result struct {
	size
	begun, healed, rested time.Time
	retried               atomic.Int64 // parked steps that the operator retried
	restarts              int
	watch                 watch
	verdict               *checker.Verdict
	episodes              []episode
	coverage              coverage
	started, settled      []time.Time // orders as their customers saw them
}

// learn keeps what the run was made of. A process that crashed fails it.
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
		assert.Empty(w, p.crashes(), "a process crashed")
	}
}

// requireEnough: the run was hard enough for its outcome to mean something.
func (r *result) requireEnough(t *testing.T) {
	t.Helper()
	for _, e := range r.episodes {
		require.NoError(t, e.Err, "a fault could not be caused: %s", e)
	}
	t.Logf("what always holds was judged %d times while it ran", r.watch.looks)
	require.GreaterOrEqual(t, r.watch.looks, 3)
	require.GreaterOrEqual(t, len(r.episodes), r.faults)
	require.GreaterOrEqual(t, r.verdict.Orders, r.sagas)
	struck := 0
	for _, steps := range r.coverage {
		struck += min(len(steps), 1)
	}
	require.GreaterOrEqual(t, struck, r.kinds, "too few kinds of faults struck anything\n%s", r.coverage.table())
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
	return "\n" + figuresHead + r.figures() + "\n" + r.coverage.table() + "\n"
}

const figuresHead = "| seed | orders | refunds | faults | kinds | over | restarts | parked steps retried | at rest after | violations | events | answers |\n" +
	"| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"

// figures is the run as a row of a table.
func (r *result) figures() string {
	endings := ""
	for _, status := range []string{"confirmed", "refunded", "rejected", "cancelled", "failed"} {
		endings += fmt.Sprintf("%s%d %s", map[bool]string{true: ", "}[endings != ""], r.verdict.Endings[status], status)
	}
	return fmt.Sprintf("| %d | %d (%s) | %d | %d | %d | %.0f s | %d | %d | %.0f s | **%d** | %d | %d |\n", r.seed, r.verdict.Orders, endings,
		r.verdict.Refunds, len(r.episodes), len(r.coverage), r.healed.Sub(r.begun).Seconds(), r.restarts, r.retried.Load(),
		r.rested.Sub(r.healed).Seconds(), len(r.verdict.Broken), r.verdict.Events, r.verdict.Answers)
}
