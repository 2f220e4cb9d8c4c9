package sagatest

import (
	"fmt"
	"sync"
	"testing"
)

// Explore runs the saga with every fault at every step, compensation and
// closing, with every pair of faults at two of them, and with two in a row at
// one. Each violation fails the test. The report counts the cases, and lists
// the combinations that cannot happen.
func Explore(t *testing.T, s Saga) Report {
	t.Helper()
	e := newExplorer(s)
	groups := e.layOut()
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
	e.report.sort()
	for _, line := range e.report.Impossible {
		t.Logf("cannot happen: %s", line)
	}
	for i, v := range e.report.Violations {
		if i == 10 {
			t.Errorf("… and %d cases more", len(e.report.Violations)-i)
			break
		}
		t.Errorf("%s: %v", v.Case, v.What)
	}
	if len(e.report.Violations) > 0 {
		t.Errorf("the smallest case that fails:\n%s", e.report.Violations[0])
	}
	t.Log(e.report)
	fmt.Println(e.report)
	return e.report
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
	e.report.sort()
	return e.report
}

// explorer lays out the cases and runs them.
type explorer struct {
	saga   Saga
	ops    []*op
	mu     sync.Mutex
	report Report
}

func newExplorer(s Saga) *explorer {
	return &explorer{saga: s, ops: s.ops(), report: Report{Saga: s.Name}}
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

// reach is what a run calls: the places, and how many attempts each took.
type reach map[place]int

// run runs a case and keeps what it finds.
func (e *explorer) run(p plan) (reach, bool) {
	r := play(e.saga, e.ops, p, false)
	ok := len(r.violations) == 0
	if !ok {
		r = play(e.saga, e.ops, p, true) // it runs the same way again
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.report.Cases++
	if !ok {
		e.report.Violations = append(e.report.Violations, Violation{Case: p.String(), What: r.violations, Trace: r.trace, faults: len(p)})
	}
	return r.reach(), ok
}
