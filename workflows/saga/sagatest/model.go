package sagatest

// participants are the other sides of the saga: what each has recorded.
type participants struct{ rows map[rowKey]*row }

type rowKey struct {
	step *op // or the closing
	key  string
}

// row is what a participant keeps of an operation and its undo.
type row struct {
	stands  bool // the effect is there
	barred  bool // undone: whatever comes later is refused
	refused bool // the operation was refused, for good
	closed  bool // the undo was refused, for good
	landed  int  // how often the effect came about
}

func (p *participants) row(o *op, key string) *row {
	if o.undoes != nil {
		o = o.undoes
	}
	k := rowKey{o, key}
	if p.rows[k] == nil {
		p.rows[k] = &row{}
	}
	return p.rows[k]
}

// answer is what a participant says.
type answer string

const (
	yes    answer = "ok"
	no     answer = "refused"
	tooOld answer = "barred" // by the tombstone
)

// apply does an operation once, or again.
func (p *participants) apply(o *op, key string) answer {
	r := p.row(o, key)
	if o.role == undoing {
		if r.closed {
			return no
		}
		r.stands, r.barred = false, true
		return yes
	}
	switch {
	case r.barred:
		return tooOld
	case r.refused:
		return no
	case !r.stands && !o.effectless:
		r.stands = true
		r.landed++
	}
	return yes
}

// refuse makes the participant say no, unless the operation was done before.
func (p *participants) refuse(o *op, key string) answer {
	r := p.row(o, key)
	if o.role == undoing {
		if r.barred {
			return yes
		}
		r.closed = true
		return no
	}
	if r.stands {
		return yes
	}
	r.refused = true
	return p.apply(o, key)
}

// standing counts an operation's effects, over all keys.
func (p *participants) standing(o *op) (n int) {
	for k, r := range p.rows {
		if k.step == o && r.stands {
			n++
		}
	}
	return n
}
