package sagatest

import (
	"fmt"
	"slices"
	"strings"
)

// Report is what an exploration found.
type Report struct {
	Saga  string
	Cases int
	// Impossible lists the combinations that were laid out but cannot happen.
	Impossible []Impossible
	// Violations are the cases that failed, the smallest first.
	Violations []Violation
}

// Impossible is combinations of faults that cannot happen, and why.
type Impossible struct {
	What         string
	Combinations int
	Why          string
}

func (i Impossible) String() string { return fmt.Sprintf("%s (%d): %s", i.What, i.Combinations, i.Why) }

// Violation is a case that failed.
type Violation struct {
	// Case names the faults.
	Case string
	// What is wrong, in the order in which it was noticed.
	What []string
	// Trace is all that happened.
	Trace []string

	faults int
}

func (v Violation) String() string {
	return v.Case + "\n  " + strings.Join(v.What, "\n  ") + "\n" + strings.Join(v.Trace, "\n")
}

// String sums the report up in a line.
func (r Report) String() string {
	n := 0
	for _, i := range r.Impossible {
		n += i.Combinations
	}
	return fmt.Sprintf("sagatest: %s: %d cases, %d violations; %d combinations cannot happen", r.Saga, r.Cases, len(r.Violations), n)
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Violations, func(a, b Violation) int {
		if a.faults != b.faults {
			return a.faults - b.faults
		}
		return strings.Compare(a.Case, b.Case)
	})
}
