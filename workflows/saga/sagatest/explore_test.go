package sagatest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSound: a saga without a flaw has no violation.
func TestSound(t *testing.T) {
	t.Parallel()
	report := Explore(t, describe(none))
	require.Empty(t, report.Violations)
	require.Greater(t, report.Cases, 1000)
	require.NotEmpty(t, report.Impossible)
}

// TestFlaws: each flaw is found, for what it is, in as few faults as it takes.
func TestFlaws(t *testing.T) {
	t.Parallel()
	for f, want := range map[flaw]struct {
		faults int // that it takes
		what   string
	}{
		lateArming:     {1, "the effect of Hotel still stands"},
		sameContext:    {1, "the effect of Car still stands"},
		forwardOrder:   {1, "CancelCar is called before CancelHotel has succeeded: not in reverse order"},
		asksAgain:      {1, "is asked again after its refusal"},
		unknownIsNo:    {1, "is called although Pay may have happened"},
		dropsUndo:      {2, "Close is called before CancelCar has succeeded"},
		dropsLast:      {1, "the effect of Mail stands 0 times"},
		lateCancel:     {1, "is called although Pay may have happened"},
		ignoresCancel:  {1, "Pay begins although the saga was cancelled"},
		noDeadline:     {1, "Pay begins after the deadline"},
		neverCloses:    {1, "neither went through nor was closed"},
		closesFirst:    {1, "Close is called before Cancel"},
		closesAnyway:   {0, "Close is called although Pay may have happened"},
		keyPerCall:     {1, "the effect of Mail stands 3 times"},
		undoElsewhere:  {1, "the effect of Car still stands"},
		silentParking:  {1, "keeps failing, and the saga is shown as running, not parked"},
		hasty:          {0, "is called although nothing went wrong"},
		skipsStep:      {1, "is called although Car has not succeeded"},
		stopsAtRefusal: {1, "neither went through nor was closed"},
	} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			report := find(describe(f))
			require.NotEmpty(t, report.Violations)
			v := report.Violations[0]
			require.Equal(t, want.faults, v.faults)
			require.Contains(t, strings.Join(v.What, "\n"), want.what)
		})
	}
}

// TestSame: the same flaw is found in the same way every time.
func TestSame(t *testing.T) {
	t.Parallel()
	require.Equal(t, find(describe(lateArming)), find(describe(lateArming)))
}

// find explores without a test, one case after the other, until one fails.
func find(s Saga) Report {
	e := newExplorer(s)
	for _, g := range e.layOut() {
		for _, p := range g.cases {
			if len(e.report.Violations) == 0 {
				e.run(p)
			}
		}
	}
	return e.finish()
}
