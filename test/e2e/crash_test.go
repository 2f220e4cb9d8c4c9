package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestKillEverything: with orders in flight every process is killed; started
// again, each order ends, and money, stock and orders agree.
func TestKillEverything(t *testing.T) {
	t.Parallel()
	const orders = 300
	data := filepath.Join(t.TempDir(), "data")
	first, err := platform.Start(data)
	require.NoError(t, err)
	t.Cleanup(first.Kill) // should the test end before
	b := &bench{stacktest.On(t, first)}
	in := &influx{bench: b, plenty: b.Product(1500, 10*orders), scarce: b.Product(2500, orders/10)}

	// Answers of the provider are lost, so that orders stay open: some with money
	// held, some with money taken, most of them behind these.
	b.Fault(map[string]any{"operation": "authorize", "kind": "hang_after", "share": 0.4})
	b.Fault(map[string]any{"operation": "capture", "kind": "hang_after", "share": 0.5})
	b.Fault(map[string]any{"operation": "capture", "kind": "hang_before", "share": 1})
	var clients errgroup.Group
	clients.SetLimit(48)
	for i := range orders {
		clients.Go(func() error { return in.post(i) })
	}
	require.NoError(t, clients.Wait())
	require.Len(t, in.ids(), orders)
	b.requireOpen(200, 5)

	for i := range 8 { // more come while everything is killed: what is not answered may be lost
		clients.Go(func() error {
			for in.post(i) == nil {
				continue
			}
			return nil
		})
	}
	require.Eventually(t, func() bool { return len(in.ids()) > orders+8 }, 10*time.Second, time.Millisecond)
	first.Kill()
	_ = clients.Wait()

	second, err := platform.Start(data)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, second.Stop()) })
	requireSameDatabases(t, first, second)
	require.Equal(t, first.APIKeys, second.APIKeys)
	b = &bench{stacktest.On(t, second)}
	for _, id := range in.ids() {
		b.Get(id) // G8: what was accepted is there
	}
	b.RequireInvariants()
	require.Equal(t, "confirmed", b.Buy(b.Basket(in.plenty, 1, visa), http.StatusCreated).Order.Status)
}

// influx posts orders of many kinds and keeps the ids of those accepted.
type influx struct {
	*bench
	plenty, scarce string

	mu       sync.Mutex
	accepted []string
}

func (in *influx) post(i int) error {
	o := in.Basket(in.plenty, 1, []string{visa, visa, visa, declined}[i%4])
	if i%5 == 0 {
		o.Items = append(o.Items, stack.Item{ProductID: in.scarce, Quantity: 1})
	}
	a, err := in.Place(context.Background(), o, "Prefer", "respond-async")
	if err != nil {
		return err
	}
	if a.Status != http.StatusAccepted {
		return fmt.Errorf("not accepted: %d %s", a.Status, a.Body)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.accepted = append(in.accepted, a.Order.ID)
	return nil
}

func (in *influx) ids() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.accepted[:len(in.accepted):len(in.accepted)]
}

// requireOpen: so many orders at least are undecided, once the provider holds
// money for some of them and has taken the money of others.
func (b *bench) requireOpen(atLeast, inEach int) {
	b.Helper()
	var open int
	var at map[string]int
	require.Eventually(b, func() bool {
		open, at = b.undecided()
		return at["capture"] >= inEach && at["authorize"]-at["capture"] >= inEach
	}, 30*time.Second, 50*time.Millisecond, "not enough orders get far enough")
	b.Logf("%d orders open, of which the provider did %v", open, at)
	require.GreaterOrEqual(b, open, atLeast)
}

// undecided counts the orders that are, and what the provider did for them.
func (b *bench) undecided() (orders int, did map[string]int) {
	b.Helper()
	log, err := stacktest.ProviderLog(context.Background(), b.Stack)
	require.NoError(b, err)
	ids, err := stacktest.Query(context.Background(), b.Stack, "order",
		"SELECT id::text FROM orders WHERE status IN ('pending', 'awaiting_payment')", pgx.RowTo[string])
	require.NoError(b, err)
	open := map[string]bool{}
	for _, id := range ids {
		public, err := stacktest.PublicID("ord", id)
		require.NoError(b, err)
		open[public] = true
	}
	did = map[string]int{}
	for _, e := range log {
		if e.Happened() && open[e.Metadata["order_id"]] {
			did[e.Operation]++
		}
	}
	return len(ids), did
}

// requireSameDatabases: each service has its role and its database again, and
// the port that it is told answers.
func requireSameDatabases(t *testing.T, first, second *stack.Stack) {
	t.Helper()
	type identity struct{ Role, Database string }
	require.Len(t, second.Databases, len(first.Databases))
	for service, url := range first.Databases {
		before, err := pgx.ParseConfig(url)
		require.NoError(t, err)
		now, err := stacktest.Query(context.Background(), second, service, "SELECT current_user::text, current_database()::text", pgx.RowToStructByPos[identity])
		require.NoError(t, err)
		require.Equal(t, []identity{{before.User, before.Database}}, now)
	}
}
