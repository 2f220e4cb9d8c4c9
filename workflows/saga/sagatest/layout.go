package sagatest

import (
	"maps"
	"slices"

	"github.com/skaldhq/skald/workflows/saga"
)

// group is cases that run one after the other.
type group struct {
	name  string
	cases []plan
}

// layout finds the cases of a saga that share some faults. Which of them can
// happen it learns from runs: if a run with one fault never calls the place of
// another, then neither does a run with both, because the two are the same until
// then.
type layout struct {
	*explorer
	base    plan  // what every case of this layout has beside its own faults
	full    reach // what the base alone calls
	plain   reach // ... and the run that the base comes from does not
	places  []place
	reaches map[fault]reach
}

// layOut runs the cases with a single fault, and lays out all others: every
// pair while all else goes well, every pair of compensations, closing and notes
// once the saga turned back as late as it can, every decision of an operator
// wherever the saga parks, and every fault of what comes after the decision.
func (e *explorer) layOut() []group {
	straight := e.layout(nil, nil)
	straight.full, _ = e.run(nil)
	straight.plain = straight.full
	for _, o := range e.ops {
		straight.uncalled(o)
		if !o.parks() {
			for _, f := range (place{o, 1}).parkings() {
				straight.cannot("a saga does not park at "+o.Name+": it need not be done, or no decision is about it", f)
			}
		}
	}
	straight.singles()
	groups := append(straight.pairs(), straight.decisions()...)

	base := e.turning(straight.plain)
	if base == nil {
		return groups // every pair is in them
	}
	back := e.layout(base, straight.full)
	back.singles()
	return append(append(groups, back.pairs()...), back.decisions()...)
}

// layout begins one: a base, without what the run it comes from calls as well.
func (e *explorer) layout(base plan, without reach) *layout {
	l := &layout{explorer: e, base: base, reaches: map[fault]reach{}}
	if base != nil {
		l.full = play(e.saga, e.ops, base, false).reach()
		l.plain = maps.Clone(l.full)
		maps.DeleteFunc(l.plain, func(p place, _ int) bool { return without[p] > 0 })
	}
	return l
}

// turning is the refusal of the last step that may be refused: of the pivot,
// or of the last one before.
func (e *explorer) turning(r reach) plan {
	for _, o := range slices.Backward(e.ops) {
		p := place{o, 1}
		if o.role == stepping && o.kind != saga.Retriable && r[p] > 0 && o.senseless(fault{kind: refuses}) == "" {
			return plan{{place: p, kind: refuses, attempt: 1}}
		}
	}
	return nil
}

// uncalled lists an operation that is not called while all goes well.
func (l *layout) uncalled(o *op) {
	p := place{o, 1}
	if l.plain[p] > 0 {
		return
	}
	l.places = append(l.places, p) // it may be called once something else fails
	for _, f := range p.every(1) {
		l.cannot(o.Name+" is not called while all else goes well; with another fault it is", f)
	}
}

// called gives the places that the base calls, in the order of the operations.
func (l *layout) called() []place {
	return slices.SortedFunc(maps.Keys(l.plain), func(a, b place) int {
		if a.op != b.op {
			return slices.Index(l.ops, a.op) - slices.Index(l.ops, b.op)
		}
		return a.call - b.call
	})
}

// singles runs the base with each fault of each place.
func (l *layout) singles() {
	for _, p := range l.called() {
		l.places = append(l.places, p)
		for _, f := range p.every(1) {
			switch why := p.op.senseless(f); {
			case why != "":
				l.cannot(why, f)
			case l.base == nil || p.call > 1:
				l.reaches[f], _ = l.run(l.with(f))
			default: // it is a pair of the layout that the base is a case of
				l.reaches[f] = play(l.saga, l.ops, l.with(f), false).reach()
			}
		}
	}
}

// with is a case: the base, and faults of its own.
func (l *layout) with(faults ...fault) plan { return append(slices.Clone(l.base), faults...) }

// cannot lists a case that cannot happen.
func (l *layout) cannot(why string, faults ...fault) { l.list(why, l.with(faults...)) }

// pairs lays out every pair of faults at two of the places, and every two in a
// row at one: a group for each place.
func (l *layout) pairs() []group {
	var groups []group
	for i, p := range l.places {
		g := group{name: l.with(fault{place: p}).String()}
		for _, f := range p.faults(1) {
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
	for _, g := range q.faults(1) {
		switch {
		case l.reach(f)[q] == 0:
			l.cannot("with the first alone, the last is never called", f, g)
		case f.kind.cancels() && g.kind.cancels():
			l.cannot("a run is cancelled once", f, g)
		case l.reach(g)[f.place] == 0:
			l.cannot("with the last alone, the first is never called", f, g)
		default:
			cases = append(cases, l.with(f, g))
		}
	}
	return cases
}

// inARow lays out the faults that may befall the attempt after a fault's.
func (l *layout) inARow(f fault) (cases []plan) {
	for _, g := range f.faults(2) {
		switch {
		case f.lasting:
			l.cannot("the second attempt meets the same fault as the first, which lasts", f, g)
		case !slices.Contains(transient, f.kind), l.reach(f)[f.place] < 2:
			l.cannot("there is no second attempt in the same call", f, g)
		default:
			cases = append(cases, l.with(f, g))
		}
	}
	return cases
}

// decisions lays out, for each place where the saga parks, every decision; and
// after one of each every fault of what is only called then, every further
// decision included.
func (l *layout) decisions() []group {
	g := group{name: l.with().String() + ", decided"}
	var after []group
	for _, p := range l.called() {
		if !p.op.parks() {
			continue // which layOut lists
		}
		for _, f := range p.parkings() {
			switch why := p.op.senseless(f); {
			case why != "":
				l.cannot(why, f)
			case f.kind == fail || (f.decide == saga.Compensate && p.op.forward()):
				after = append(after, l.decided(f))
				fallthrough
			default:
				g.cases = append(g.cases, l.with(f))
			}
		}
	}
	return append([]group{g}, after...)
}

// decided lays out what may go wrong after a decision, and a second decision
// after that: about a plain failure, as the first, because a participant stands
// the same way whatever parked the saga.
func (l *layout) decided(f fault) group {
	then := l.layout(l.with(f), l.full)
	g := group{name: then.base.String()}
	for _, p := range then.called() {
		for _, next := range p.every(1) {
			switch why := p.op.senseless(next); {
			case p.op == f.op:
				then.cannot("the fault that the decision is about lasts until then", next)
			case why != "":
				then.cannot(why, next)
			default:
				g.cases = append(g.cases, then.with(next))
			}
		}
		for _, next := range p.parkings() {
			if p.op != f.op && p.op.parks() && next.kind == fail {
				g.cases = append(g.cases, then.with(next))
			}
		}
	}
	return g
}
