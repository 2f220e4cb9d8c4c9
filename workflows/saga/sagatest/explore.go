package sagatest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Explore runs the saga with every fault at every step, compensation and
// closing, with every pair of faults at two of them, with two in a row at one,
// and with every decision of an operator wherever it parks. Each violation fails
// the test. The log counts the cases, and lists the combinations that cannot
// happen.
func Explore(t *testing.T, s Saga) Report {
	t.Helper()
	e := newExplorer(s)
	groups := e.focused(e.layOut())
	t.Run(s.Name, func(t *testing.T) {
		for _, g := range groups {
			t.Run(g.name, func(t *testing.T) {
				t.Parallel()
				if n := e.runGroup(g); n > 0 {
					t.Errorf("%d cases fail", n)
				}
			})
		}
	})
	r := e.finish()
	var listed strings.Builder
	for _, line := range r.Impossible {
		fmt.Fprintf(&listed, "\n  %s", line)
	}
	t.Logf("cannot happen:%s", listed.String())
	t.Logf("%s, by operation and fault:\n%s", r, r.Table())
	for _, cell := range r.silent() {
		t.Errorf("%s is neither explored nor listed", cell)
	}
	for i, v := range r.Violations {
		if i == 10 {
			t.Errorf("… and %d cases more", len(r.Violations)-i)
			break
		}
		t.Errorf("%s: %v", v.Case, v.What)
	}
	if len(r.Violations) > 0 {
		t.Errorf("the smallest case that fails:\n%s", r.Violations[0])
	}
	return r
}

// explorer lays out the cases and runs them.
type explorer struct {
	saga     Saga
	ops      []*op
	mu       sync.Mutex
	report   Report
	ruledOut []ruledOut
}

func newExplorer(s Saga) *explorer {
	e := &explorer{saga: s, ops: s.ops()}
	e.report = Report{Saga: s.Name, Counted: map[string]map[string]int{}, lists: map[string]map[string]bool{}}
	for _, o := range e.ops {
		e.report.ops = append(e.report.ops, o.Name)
	}
	return e
}

// focused leaves out what another variant of the saga explores.
func (e *explorer) focused(groups []group) []group {
	if len(e.saga.Focus) == 0 {
		return groups
	}
	for i := range groups {
		groups[i].cases = slices.DeleteFunc(groups[i].cases, func(p plan) bool {
			inside := slices.ContainsFunc(p, func(f fault) bool { return slices.Contains(e.saga.Focus, f.op.Name) })
			if !inside {
				e.report.Elsewhere++
				e.report.listed(p)
			}
			return !inside
		})
	}
	return groups
}

// runGroup runs the cases of a group, and tells how many fail.
func (e *explorer) runGroup(g group) (failed int) {
	for _, p := range g.cases {
		if _, ok := e.run(p); !ok {
			failed++
		}
	}
	return failed
}

// finish sums up what was found.
func (e *explorer) finish() Report {
	e.report.Impossible = e.summed()
	e.report.sort()
	return e.report
}

// reach is what a run calls: the places, and how many attempts each took.
type reach map[place]int

// run runs a case and keeps what it finds.
func (e *explorer) run(p plan) (reach, bool) {
	r := play(e.saga, e.ops, p, false)
	ok := len(r.violations) == 0
	if why := r.missed(); ok && why != "" {
		e.list(why, p)
		return r.reach(), true
	}
	if !ok {
		r = play(e.saga, e.ops, p, true) // it runs the same way again
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.report.count(p)
	if !ok {
		v := Violation{Case: p.String(), What: r.violations, Trace: r.trace, faults: len(p)}
		for _, rule := range r.rules {
			v.Rules = append(v.Rules, string(rule))
		}
		e.report.Violations = append(e.report.Violations, v)
	}
	return r.reach(), ok
}
