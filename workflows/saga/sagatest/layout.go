package sagatest

import (
	"fmt"
	"slices"

	"github.com/skaldhq/skald/workflows/saga"
)

// mostCalls is how many calls of one operation are places for faults.
const mostCalls = 10

// group is cases that run one after the other.
type group struct {
	name  string
	cases []plan
}

// layout finds the cases of a saga. Which of them can happen it learns from
// runs: if a run with one fault never calls the place of another, then neither
// does a run with both, because the two are the same until then.
type layout struct {
	*explorer
	base    plan  // what every case of this layout has beside its own faults
	plain   reach // what the base alone calls
	reaches map[fault]reach
	places  []place
}

// layOut runs the cases with a single fault, and lays out all others: every
// pair while all else goes well, and every pair of compensations, closing and
// notes once the saga turned back as late as it can.
func (e *explorer) layOut() []group {
	straight := &layout{explorer: e, reaches: map[fault]reach{}}
	straight.plain, _ = e.run(nil)
	for _, o := range e.ops {
		straight.singles(o)
	}
	groups := straight.pairs()

	base := e.turning(straight.plain)
	if base == nil {
		e.cannot("compensations after the last step", 1, "no step of the saga can be refused")
		return groups
	}
	back := &layout{explorer: e, reaches: map[fault]reach{}, base: base, plain: play(e.saga, e.ops, base, false).reach()}
	for p := range straight.plain {
		delete(back.plain, p) // it comes before the saga turns back
	}
	for _, o := range e.ops {
		if o.role != stepping {
			back.singles(o)
		}
	}
	return append(groups, back.pairs()...)
}

// turning is the refusal of the last step that may be refused: of the pivot,
// or of the last one before.
func (e *explorer) turning(r reach) plan {
	for _, o := range slices.Backward(e.ops) {
		p := place{o, 1}
		if o.role == stepping && o.kind != saga.Retriable && r[p] > 0 {
			return plan{{place: p, kind: refuses, attempt: 1}}
		}
	}
	return nil
}

// singles runs the base with each fault of each call of an operation.
func (l *layout) singles(o *op) {
	straight := l.base == nil
	if p := (place{o, 1}); straight && l.plain[p] == 0 {
		l.places = append(l.places, p) // it may be called once something else fails
		l.list(p)
		l.cannot("one fault, of "+o.Name, len(p.all()), o.Name+" is not called while all else goes well; see the pairs")
	}
	for n := 1; n <= mostCalls; n++ {
		p := place{o, n}
		if l.plain[p] == 0 {
			continue
		}
		l.places = append(l.places, p)
		if straight {
			l.list(p)
		}
		for _, f := range p.all() {
			if straight || n > 1 {
				l.reaches[f], _ = l.run(l.with(f))
			} else { // it is a pair of the straight layout
				l.reaches[f] = play(l.saga, l.ops, l.with(f), false).reach()
			}
		}
	}
}

// with is a case: the base, and faults of its own.
func (l *layout) with(faults ...fault) plan { return append(slices.Clone(l.base), faults...) }

// list notes the faults that make no sense at a place.
func (l *layout) list(p place) {
	_, senseless := p.faults(1)
	for _, f := range senseless {
		l.cannot(f.String()+", alone or with others", 1, p.op.Name+" has no effect to be lost or late")
	}
}

func (p place) all() []fault {
	faults, _ := p.faults(1)
	return faults
}

func (e *explorer) cannot(what string, combinations int, why string) {
	if combinations > 0 {
		e.report.Impossible = append(e.report.Impossible, Impossible{What: what, Combinations: combinations, Why: why})
	}
}

// pairs lays out every pair of faults at two of the places, and every two in a
// row at one: a group for each place.
func (l *layout) pairs() []group {
	var groups []group
	for i, p := range l.places {
		g := group{name: l.with(fault{place: p}).String()}
		for _, f := range p.all() {
			g.cases = append(g.cases, l.inARow(f)...)
			for _, q := range l.places[i+1:] {
				g.cases = append(g.cases, l.pair(f, q)...)
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// reach is what the base calls with one fault more.
func (l *layout) reach(f fault) reach {
	if r, ok := l.reaches[f]; ok {
		return r
	}
	return l.plain
}

// pair pairs a fault with every one of another place.
func (l *layout) pair(f fault, q place) (cases []plan) {
	what := l.with(f).String() + " + "
	if l.reach(f)[q] == 0 {
		l.cannot(fmt.Sprintf("%sany fault of %s", what, q), len(q.all()), "with the other alone, its place is never called")
		return nil
	}
	twice := 0
	for _, g := range q.all() {
		switch {
		case f.kind.cancels() && g.kind.cancels():
			twice++
		case l.reach(g)[f.place] == 0:
			l.cannot(what+g.String(), 1, "with the last alone, the place of the other is never called")
		default:
			cases = append(cases, l.with(f, g))
		}
	}
	l.cannot(fmt.Sprintf("%sany cancel at %s", what, q), twice, "a run is cancelled once")
	return cases
}

// inARow lays out the faults that may befall the attempt after a fault's.
func (l *layout) inARow(f fault) (cases []plan) {
	if f.lasting || !slices.Contains(transient, f.kind) {
		return nil // there is no other attempt, or it has the same fault
	}
	next, _ := f.faults(2)
	if l.reach(f)[f.place] < 2 {
		l.cannot(l.with(f).String()+" + any fault of its second attempt", len(next), "there is no second attempt, or it is among the pairs")
		return nil
	}
	for _, g := range next {
		cases = append(cases, l.with(f, g))
	}
	return cases
}
