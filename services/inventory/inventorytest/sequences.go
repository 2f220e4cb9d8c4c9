package inventorytest

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/inventory"
)

// testSequences runs every sequence of operations on one order, up to a length,
// and compares each answer and each counter with the model's.
func testSequences(t *testing.T, s inventory.Service) {
	const longest = 4
	for _, onHand := range []int64{wanted, wanted - 1} {
		for length := 1; length <= longest; length++ {
			each(operations(), length, func(sequence []operation) { follow(t, s, onHand, sequence) })
		}
	}
}

// wanted is how many units the order asks for. The other request, which is for
// fewer, is met by less.
const wanted = 3

func operations() []operation {
	return []operation{opReserve, opReserveOther, opRelease, opCommit, opExpire}
}

type operation string

const (
	opReserve      operation = "reserve"
	opReserveOther operation = "reserve other"
	opRelease      operation = "release"
	opCommit       operation = "commit"
	opExpire       operation = "expire"
)

// each calls fn with every sequence of a length.
func each(of []operation, length int, fn func([]operation)) {
	sequence := make([]operation, length)
	var fill func(int)
	fill = func(i int) {
		if i == length {
			fn(sequence)
			return
		}
		for _, op := range of {
			sequence[i] = op
			fill(i + 1)
		}
	}
	fill(0)
}

func follow(t *testing.T, s inventory.Service, onHand int64, sequence []operation) {
	t.Helper()
	m := &model{onHand: onHand}
	product, order := stocked(t, s, onHand), newOrder()
	for i, op := range sequence {
		want, got := m.do(op), do(t, s, op, order, product)
		if !errors.Is(got, want) {
			require.Failf(t, "another answer than the model's", "%d of %v on %d: %v, not %v", i, names(sequence), onHand, got, want)
		}
		stock, err := s.Get(t.Context(), product)
		require.NoError(t, err)
		require.Equal(t, []int64{m.onHand, m.reserved}, []int64{stock.OnHand, stock.Reserved}, "%d of %v on %d", i, names(sequence), onHand)
		r, err := s.GetReservation(t.Context(), order)
		if m.state == "" {
			require.ErrorIs(t, err, inventory.ErrNotReserved)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, m.state, r.State, "%d of %v on %d", i, names(sequence), onHand)
	}
}

func do(t *testing.T, s inventory.Service, op operation, order, product string) error {
	t.Helper()
	var err error
	switch op {
	case opReserve:
		_, err = reserve(t, s, order, short, lines(product, wanted-1, 1)...)
	case opReserveOther:
		_, err = reserve(t, s, order, short, lines(product, wanted-1)...)
	case opRelease:
		_, err = release(t, s, order)
	case opCommit:
		_, err = commit(t, s, order)
	case opExpire:
		expire(t, s)
	case opReturn, opReturnOther, opReturnMore, opReturnRest: // followReturns does them
	}
	return err
}

func names(sequence []operation) string {
	var b strings.Builder
	for i, op := range sequence {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(op))
	}
	return b.String()
}

// model is what a service should do with one order of one product.
type model struct {
	onHand, reserved int64
	state            inventory.State // empty: never seen
	asked            int64           // 0: nothing was asked for
	undone           bool            // released for good
}

// do runs an operation and gives its answer.
func (m *model) do(op operation) error {
	switch op {
	case opReserve:
		return m.reserve(wanted)
	case opReserveOther:
		return m.reserve(wanted - 1)
	case opRelease:
		return m.release()
	case opCommit:
		return m.commit()
	case opExpire:
		if m.state == inventory.Reserved {
			m.state, m.reserved = inventory.Released, 0
		}
	case opReturn, opReturnOther, opReturnMore, opReturnRest: // followReturns does them
	}
	return nil
}

func (m *model) reserve(quantity int64) error {
	switch {
	case m.state == "" && quantity <= m.onHand:
		m.state, m.asked, m.reserved = inventory.Reserved, quantity, quantity
		return nil
	case m.state == "":
		m.state, m.asked = inventory.Rejected, quantity
		return inventory.ErrInsufficient
	case m.asked != 0 && m.asked != quantity:
		return inventory.ErrMismatch
	case m.undone:
		return inventory.ErrReleased
	case m.state == inventory.Rejected:
		return inventory.ErrInsufficient
	default:
		return nil
	}
}

func (m *model) release() error {
	switch m.state {
	case inventory.Sold:
		return inventory.ErrSold
	case inventory.Rejected:
		return nil
	default:
		m.state, m.reserved, m.undone = inventory.Released, 0, true
		return nil
	}
}

func (m *model) commit() error {
	switch {
	case m.state == "" || m.state == inventory.Rejected:
		return inventory.ErrNotReserved
	case m.undone:
		return inventory.ErrReleased
	case m.state != inventory.Sold:
		m.state, m.reserved, m.onHand = inventory.Sold, 0, m.onHand-m.asked
	}
	return nil
}
