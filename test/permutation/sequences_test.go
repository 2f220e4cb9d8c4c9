package permutation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/test/permutation"
)

// subject is one order at a real participant.
type subject interface {
	// do runs an operation and gives its error. It fails where the answer of a
	// yes is not what the service keeps.
	do(ctx context.Context, op string) error
	// rows tells what the database keeps, in the model's words.
	rows(ctx context.Context) (string, error)
}

// notKept is the error where the answer of a yes is not what is kept.
type notKept struct{ answered, kept any }

func (e notKept) Error() string { return fmt.Sprintf("answers %+v and keeps %+v", e.answered, e.kept) }

func errKept(answered, kept any) error { return notKept{answered, kept} }

func isNotKept(err error) bool { return errors.As(err, &notKept{}) }

// answer is an error in the model's words.
func answer(err error) string {
	if err == nil {
		return ""
	}
	f := fault.From(err)
	return string(f.Kind) + ":" + f.Code
}

// requireNone runs a query for what breaks an invariant, over all orders at once.
func requireNone(t *testing.T, pool *pgxpool.Pool, violations string) {
	t.Helper()
	rows, err := pool.Query(t.Context(), violations)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Empty(t, found)
}

// space is every sequence of some operations, up to a length, after a beginning.
type space struct {
	table    string
	begin    []string
	alphabet []string
	longest  int
	// sequences is how many there are, shorter ones included: they are the
	// beginnings of the longest.
	sequences int
	// overtaken: of operations at once, one may be refused because of another,
	// which takes its effect back or was not done in the end either.
	overtaken bool
}

// sequence is the nth of the longest.
func (s space) sequence(n int) []string {
	ops := slices.Clone(s.begin)
	for range s.longest {
		ops = append(ops, s.alphabet[n%len(s.alphabet)])
		n /= len(s.alphabet)
	}
	return ops
}

// workers run sequences at a time, each on orders of its own.
const workers = 8

// rounds is how many races each space has.
const rounds = 300

// follow runs every sequence against the model and against the service, and
// compares each answer and all rows after each operation.
func (s space) follow(t *testing.T, open func() subject) []followed {
	t.Helper()
	longest, known := 1, 0
	for range s.longest {
		longest *= len(s.alphabet)
		known += longest
	}
	require.Equal(t, s.sequences, known)
	var next, operations atomic.Int64
	var mu sync.Mutex
	var all []followed
	var differences []string
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for n := int(next.Add(1)) - 1; n < longest; n = int(next.Add(1)) - 1 {
				ops := s.sequence(n)
				one := followed{subject: open(), model: permutation.Model{Table: s.table}, name: strings.Join(ops, ", ")}
				done, difference := one.run(t.Context(), ops)
				operations.Add(int64(done))
				mu.Lock()
				all = append(all, one)
				if difference != "" {
					differences = append(differences, difference)
				}
				mu.Unlock()
			}
		})
	}
	running.Wait()
	for _, difference := range differences[:min(len(differences), 10)] {
		t.Error(difference)
	}
	t.Logf("%d sequences of up to %d of %d operations after %v, %d operations run, %d differences",
		known, s.longest, len(s.alphabet), s.begin, operations.Load(), len(differences))
	require.Empty(t, differences)
	require.EqualValues(t, longest*(len(s.begin)+s.longest), operations.Load())
	return all
}

// followed is a sequence that was run: the order, and its model at the end.
type followed struct {
	subject subject
	model   permutation.Model
	name    string
}

// run stops at the first difference, which it tells.
func (f *followed) run(ctx context.Context, ops []string) (done int, difference string) {
	for i, op := range ops {
		var want string
		f.model, want = f.model.Do(op)
		at := fmt.Sprintf("%d (%s) of %s", i+1, op, f.name)
		if got := answer(f.subject.do(ctx, op)); got != want {
			return done, fmt.Sprintf("%s: answers %q, not %q", at, got, want)
		}
		rows, err := f.subject.rows(ctx)
		if err != nil {
			return done, fmt.Sprintf("%s: %v", at, err)
		}
		if want := f.model.Rows(); rows != want {
			return done, fmt.Sprintf("%s: keeps %q, not %q", at, rows, want)
		}
		done++
	}
	return done, ""
}
