package sagatest

import (
	"bytes"

	"github.com/skaldhq/skald/workflows/saga"
)

// participants are the other sides of the saga: what each has recorded.
type participants struct {
	ops  []*op
	rows map[rowKey]*row
	mark saga.State // as recorded, of seq
	seq  int64
}

type rowKey struct {
	step *op // or what is no step
	key  string
}

// row is what a participant keeps of an operation and its undo.
type row struct {
	request []byte // as first asked
	undoing []byte // as first asked to undo
	stands  bool   // the effect is there
	pending bool   // it may still be refused
	barred  bool   // undone: whatever comes later is refused
	refused bool   // the operation was refused, for good
	closed  bool   // the undo was refused, for good
}

func (r *row) bar() { r.stands, r.barred = false, true }

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

// answer is what a participant says: ok, or the type of its definite error.
type answer string

const (
	yes    answer = "ok"
	no     answer = "refused"
	tooOld answer = "barred"   // by the tombstone
	other  answer = "mismatch" // another request than the first
)

// apply does an operation, once; again it changes nothing.
func (p *participants) apply(c *call) answer {
	o, r := c.op, p.row(c.op, c.key)
	switch {
	case o.undoes != nil && r.undoing != nil && !o.Varies && !bytes.Equal(r.undoing, c.Request):
		return other
	case o.undoes != nil:
		return p.undo(o, c)
	case o.role == closing && (r.barred || !p.close(c.key)):
		return answer(o.Settled)
	case r.barred:
		return tooOld
	case r.refused:
		return no
	case r.request != nil && !o.Varies && !bytes.Equal(r.request, c.Request):
		return other
	}
	if o.Marks != nil {
		p.marked(c, !r.stands)
	}
	r.request, r.pending = c.Request, o.Pending != nil && o.Pending(c.Call)
	r.stands = !o.effectless
	return yes
}

// undo gives back what stands, and bars what may still come.
func (p *participants) undo(o *op, c *call) answer {
	r, key := p.row(o, c.key), c.key
	switch step := o.undoes; {
	case o.role == undoing && step.completion != nil && p.row(step.completion, key).stands:
		return answer(o.Settled)
	case r.closed, o.role == reversing && !r.stands && !r.barred:
		return no
	}
	r.undoing = c.Request
	for _, same := range p.ops {
		if (same.role == stepping && same.at(o.undoes)) || (same.role == closing && o.undoes.final) {
			p.row(same, key).bar()
		}
	}
	return yes
}

// close bars the final steps, unless one is done.
func (p *participants) close(key string) bool {
	for _, o := range p.ops {
		if o.final && p.row(o, key).stands {
			return false
		}
	}
	for _, o := range p.ops {
		if o.final {
			p.row(o, key).bar()
		}
	}
	return true
}

// marked records the saga's state: along with a change, or as a note, which
// never overwrites a newer one.
func (p *participants) marked(c *call, changes bool) {
	state, seq := c.op.Marks(c.Call)
	if (c.op.role == noting && seq > p.seq) || (c.op.role != noting && changes) {
		p.mark, p.seq = state, max(seq, p.seq)
	}
}

// refuse has the participant say no, unless the operation was done before.
func (p *participants) refuse(c *call) answer {
	r := p.row(c.op, c.key)
	switch {
	case c.op.undoes != nil:
		r.closed = !r.barred
	case !r.stands || r.pending:
		r.stands, r.refused = false, true
	}
	return p.apply(c)
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
