package sagatest

import "strings"

// ruledOut is a case that cannot happen, and why.
type ruledOut struct {
	plan plan
	why  string
}

// list notes a case that cannot happen.
func (e *explorer) list(why string, p plan) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ruledOut = append(e.ruledOut, ruledOut{p, why})
	e.report.listed(p)
}

// line is cases that differ in one fault only, all of one place.
type line struct {
	before, after string
	place         place
	why           string
}

// alternatives are what a line may have in its place.
type alternatives struct {
	line
	of           plan // of one of the cases
	names        []string
	combinations int
}

func (a alternatives) String() string {
	what := a.place.String() + " {" + strings.Join(a.names, ", ") + "}"
	if len(a.names) == len(a.place.every(1)) {
		what = a.place.String() + " {whatever fails}"
	}
	return a.before + what + a.after
}

// summed puts the cases that cannot happen into as few lines as it takes: those
// that differ only in their last fault, then those that differ in the one before.
func (e *explorer) summed() (out []Impossible) {
	var cases []alternatives
	for _, r := range e.ruledOut {
		cases = append(cases, alternatives{line: line{why: r.why}, of: r.plan, combinations: 1})
	}
	lasts := gather(cases, func(a alternatives) (line, string) {
		last := a.of[len(a.of)-1]
		return line{before: a.of[:len(a.of)-1].prefix(), place: last.place, why: a.why}, last.name()
	})
	for _, a := range gather(lasts, func(a alternatives) (line, string) {
		i := len(a.of) - 2
		if i < 0 {
			return a.line, strings.Join(a.names, ", ")
		}
		after := alternatives{line: line{place: a.place}, names: a.names}.String()
		return line{before: a.of[:i].prefix(), place: a.of[i].place, after: " + " + after, why: a.why}, a.of[i].name()
	}) {
		out = append(out, Impossible{Faults: a.String(), Combinations: a.combinations, Why: a.why})
	}
	return out
}

// prefix is the plan before a fault more.
func (p plan) prefix() string {
	if len(p) == 0 {
		return ""
	}
	return p.String() + " + "
}

// gather puts what shares a line together, in the order in which it comes.
func gather(all []alternatives, split func(alternatives) (line, string)) (out []alternatives) {
	seen := map[line]int{}
	for _, a := range all {
		l, name := split(a)
		i, ok := seen[l]
		if !ok {
			i = len(out)
			seen[l] = i
			out = append(out, alternatives{line: l, of: a.of})
		}
		out[i].names = append(out[i].names, name)
		out[i].combinations += a.combinations
	}
	return out
}
