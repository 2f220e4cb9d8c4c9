package sagatest

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// Report is what an exploration found.
type Report struct {
	Saga  string
	Cases int
	// Counted tells in how many cases each fault befell each operation, by the
	// name of the operation and then of the fault.
	Counted map[string]map[string]int
	// Impossible lists the combinations that were laid out but cannot happen.
	Impossible []Impossible
	// Elsewhere counts the cases that the saga's Focus leaves to another variant.
	Elsewhere int
	// Violations are the cases that failed, the smallest first.
	Violations []Violation

	ops   []string
	lists map[string]map[string]bool // as Counted, of what is not run
}

// Impossible is combinations of faults that cannot happen, and why.
type Impossible struct {
	Faults       string // alternatives in brackets
	Combinations int
	Why          string
}

func (i Impossible) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s (%d): %s", i.Faults, i.Combinations, i.Why))
}

// Violation is a case that failed.
type Violation struct {
	// Case names the faults.
	Case string
	// What is wrong, in the order in which it was noticed.
	What []string
	// Rules that it is wrong by, in the same order.
	Rules []string
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
	s := fmt.Sprintf("%s: %d cases, %d violations; %d combinations cannot happen", r.Saga, r.Cases, len(r.Violations), n)
	if r.Elsewhere > 0 {
		s += fmt.Sprintf("; %d are left to another variant", r.Elsewhere)
	}
	return s
}

// Table counts the cases by operation and kind of fault. A case of two faults
// counts at both.
func (r Report) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', tabwriter.AlignRight)
	row := func(first string, cell func(column string) any) {
		_, _ = fmt.Fprint(w, first, "\t") // a strings.Builder takes everything
		for _, column := range columns() {
			_, _ = fmt.Fprint(w, cell(column), "\t")
		}
		_, _ = fmt.Fprintln(w)
	}
	row("", func(column string) any { return column })
	for _, o := range r.ops {
		row(o, func(column string) any { return r.Counted[o][column] })
	}
	_ = w.Flush()
	return b.String()
}

// count counts a case.
func (r *Report) count(p plan) {
	r.Cases++
	for _, f := range p {
		if r.Counted[f.op.Name] == nil {
			r.Counted[f.op.Name] = map[string]int{}
		}
		r.Counted[f.op.Name][f.column()]++
	}
}

// listed takes note of a case that is listed, and not run.
func (r *Report) listed(p plan) {
	for _, f := range p {
		if r.lists[f.op.Name] == nil {
			r.lists[f.op.Name] = map[string]bool{}
		}
		r.lists[f.op.Name][f.column()] = true
	}
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Violations, func(a, b Violation) int {
		if a.faults != b.faults {
			return a.faults - b.faults
		}
		return strings.Compare(a.Case, b.Case)
	})
}

// silent names the operations and kinds of faults that are neither counted nor
// listed: what nobody would miss.
func (r Report) silent() (out []string) {
	for _, o := range r.ops {
		for _, column := range columns() {
			if r.Counted[o][column] == 0 && !r.lists[o][column] {
				out = append(out, o+" "+column)
			}
		}
	}
	return out
}
