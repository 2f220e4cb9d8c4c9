package permutation_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/test/permutation"
)

// race runs operations on one order at once, many rounds of three or four of
// them after none to three others, drawn from the space's. How it ends, and each
// answer, must be those of some sequence.
func (s space) race(t *testing.T, rounds int, open func() subject) []followed {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	draw := func(n int) (ops []string) {
		for range n {
			ops = append(ops, s.alphabet[chance.IntN(len(s.alphabet))])
		}
		return ops
	}
	var all []followed
	settled := 0
	for range rounds {
		begin, ops := append(slices.Clone(s.begin), draw(chance.IntN(4))...), draw(3+chance.IntN(2))
		one := followed{subject: open(), model: permutation.Model{Table: s.table}, name: strings.Join(begin, ", ")}
		_, difference := one.run(t.Context(), begin)
		require.Empty(t, difference)
		one.name += " and at once " + strings.Join(ops, ", ")
		seen := atOnce(t.Context(), one.subject, ops)
		seen.overtaken = s.overtaken
		if len(seen.again) > 0 {
			settled++
		}
		rows, err := one.subject.rows(t.Context())
		require.NoError(t, err)
		ends := seen.ends(one.model, seen.ops, nil)
		at := slices.IndexFunc(ends, func(end permutation.Model) bool { return end.Rows() == rows })
		require.GreaterOrEqual(t, at, 0, "%s: answers %q, then %q, keeps %q: no sequence of %d ends so", one.name, seen.answers, seen.again, rows, len(ends))
		one.model = ends[at]
		all = append(all, one)
	}
	t.Logf("%d rounds, %d of them with operations done again", rounds, settled)
	return all
}

// raced is what operations at once were answered with, and then those of them
// that had no definite answer, done again one after the other.
type raced struct {
	ops, answers []string
	again        []string // operation and answer
	overtaken    bool     // see space
}

// open marks the answer that leaves open whether the operation happened.
const open = "?"

func atOnce(ctx context.Context, on subject, ops []string) raced {
	r := raced{ops: ops, answers: make([]string, len(ops))}
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, op := range ops {
		all.Go(func() {
			<-start
			err := on.do(ctx, op)
			kind := fault.KindOf(err)
			switch r.answers[i] = answer(err); {
			case kind == fault.Unknown, op == "expire", op == "act": // the clock and the customer skip what is not there yet
				r.answers[i] = open
			case isNotKept(err): // by now it may have gone on
				r.answers[i] = ""
			}
		})
	}
	close(start)
	all.Wait()
	for i, op := range ops {
		if r.answers[i] == open {
			r.again = append(r.again, op+" "+answer(on.do(ctx, op)))
		}
	}
	return r
}

// ends are the models of all sequences of the operations that give the answers.
// One whose answer is open may have happened or not, and so one that was overtaken.
func (r raced) ends(m permutation.Model, left []string, taken []int) (all []permutation.Model) {
	if len(taken) == len(r.ops) {
		return r.settle(m)
	}
	for i, op := range left {
		if slices.Contains(taken, i) {
			continue
		}
		taken := append(slices.Clone(taken), i)
		next, want := m.Do(op)
		unsure := r.answers[i] == open || r.overtaken && r.answers[i] != ""
		if unsure || r.answers[i] == want {
			all = append(all, r.ends(next, left, taken)...)
		}
		if unsure {
			all = append(all, r.ends(m, left, taken)...)
		}
	}
	return all
}

// settle is the end after what was done again, if that is answered so.
func (r raced) settle(m permutation.Model) []permutation.Model {
	for _, again := range r.again {
		op, got, _ := strings.Cut(again, " ")
		next, want := m.Do(op)
		if got != want {
			return nil
		}
		m = next
	}
	return []permutation.Model{m}
}
