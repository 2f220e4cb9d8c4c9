package sagatest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSound: a saga without a flaw has no violation.
func TestSound(t *testing.T) {
	t.Parallel()
	s := describe(none)
	s.Focus = []string{"CancelCar", "Mail"}
	report := Explore(t, s)
	require.Empty(t, report.Violations)
	require.Greater(t, report.Cases, 1000)
	require.NotEmpty(t, report.Impossible)
}

// TestFlaws: each flaw is found, for the rule that it breaks, in as few faults
// as it takes. Together they break every rule.
func TestFlaws(t *testing.T) {
	t.Parallel()
	broken := make(chan []string, 100)
	t.Run("each", func(t *testing.T) {
		for f, want := range map[flaw]struct {
			faults int // that it takes
			rule   rule
		}{
			lateArming:     {1, nothingLeft},
			sameContext:    {1, nothingLeft},
			forwardOrder:   {1, reverseOrder},
			asksAgain:      {1, refusalKept},
			unknownIsNo:    {1, pivotKept},
			dropsUndo:      {2, closedLast},
			noUndo:         {1, undone},
			dropsLast:      {1, onceEach},
			lateCancel:     {1, pivotKept},
			ignoresCancel:  {1, cancelHeeded},
			noDeadline:     {1, deadlineKept},
			neverCloses:    {1, oneEnd},
			closesFirst:    {1, closedLast},
			closesAnyway:   {0, pivotKept},
			keyPerCall:     {1, onceEach},
			undoElsewhere:  {1, barredEffect},
			silentParking:  {1, parkedShown},
			hasty:          {0, noReason},
			skipsStep:      {1, stepOrder},
			stopsAtRefusal: {1, oneEnd},
			strangeCall:    {0, undescribed},
			goesOn:         {1, noWayForward},
			otherAgain:     {1, otherRequest},
			failsAtEnd:     {1, noFailure},
			hidesEnd:       {0, finalState},
			marksFirst:     {0, finalMark},
			lies:           {0, sayingSo},
			hangs:          {1, ends},
			insistsOnNote:  {1, notesLight},
			panicking:      {0, brokeOff},
			unsteady:       {1, notVacuous},
			skipsPivot:     {1, offered},
			noStatus:       {1, offered},
			unaudited:      {1, audited},
			deaf:           {1, obeyed},
			slowToObey:     {1, obeyed},
			impatient:      {1, obeyed},
		} {
			t.Run(string(f), func(t *testing.T) {
				t.Parallel()
				report := find(describe(f))
				require.NotEmpty(t, report.Violations)
				var found []string
				for _, v := range report.Violations {
					if v.faults == want.faults {
						found = append(found, v.Rules...)
					}
				}
				require.Contains(t, found, string(want.rule), "%v", report.Violations[0])
				require.Equal(t, want.faults, report.Violations[0].faults)
				broken <- found
			})
		}
	})
	close(broken)
	var all []string
	for rules := range broken {
		all = append(all, rules...)
	}
	for _, r := range rules(t) {
		require.Contains(t, all, r)
	}
}

// rules reads the rules from where they are declared.
func rules(t *testing.T) (out []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "rules.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			s, err := strconv.Unquote(l.Value)
			require.NoError(t, err)
			out = append(out, s)
		}
		return true
	})
	require.Greater(t, len(out), 20)
	return out
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
