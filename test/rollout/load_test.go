package rollout_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/test/stack"
)

// load is clients that order all the time.
type load struct {
	*rollout
	ctx    context.Context //nolint:containedctx // ends with the load
	end    context.CancelFunc
	all    errgroup.Group
	mu     sync.Mutex
	orders []string
	slow   []stack.Order // whose customers have not acted yet
}

const (
	loadClients = 4
	loadPause   = 300 * time.Millisecond // of each client
)

// begin starts the load.
func (r *rollout) begin() *load {
	l := &load{rollout: r}
	l.ctx, l.end = context.WithCancel(context.Background())
	r.Cleanup(l.end)
	for client := range loadClients {
		l.all.Go(func() error {
			for i := client; l.ctx.Err() == nil; i++ {
				if err := l.place(i); err != nil {
					return err
				}
				select {
				case <-l.ctx.Done():
				case <-time.After(loadPause):
				}
			}
			return nil
		})
	}
	return l
}

// place orders; what it is answered has to fit how it is paid.
func (l *load) place(i int) error {
	method := []string{stack.Visa, stack.Visa, stack.Visa, stack.Declined}[i%4]
	a, err := l.Place(context.Background(), l.Basket(l.product, 1, method), "Prefer", "wait=30")
	if err != nil {
		return err
	}
	if want := map[string]int{stack.Visa: http.StatusCreated, stack.Declined: http.StatusPaymentRequired}[method]; a.Status != want {
		return fmt.Errorf("%s: answered %d: %s", method, a.Status, a.Body)
	}
	l.placed(a.OrderID())
	return nil
}

func (l *load) placed(orderID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orders = append(l.orders, orderID)
}

func (l *load) ids() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.orders)
}

// more waits until so many more orders were placed.
func (l *load) more(n int) {
	l.Helper()
	until := len(l.ids()) + n
	require.Eventually(l, func() bool { return len(l.ids()) >= until }, time.Minute, 50*time.Millisecond, "no orders are placed any more")
}

// stop ends the load; nobody got an answer that was wrong.
func (l *load) stop() {
	l.Helper()
	l.end()
	require.NoError(l, l.all.Wait())
}

// waiting places orders whose customers have to act, so many of a version.
func (l *load) waiting(version string, n int) (all []stack.Order) {
	l.Helper()
	require.Eventually(l, func() bool {
		a, err := l.Place(context.Background(), l.Basket(l.product, 1, stack.Authenticated), "Prefer", "wait=30")
		require.NoError(l, err)
		require.Equal(l, http.StatusAccepted, a.Status, "%s", a.Body)
		o := a.Order
		l.placed(o.ID)
		l.slow = append(l.slow, o)
		if l.version(o.ID) == version {
			all = append(all, o)
		}
		return len(all) == n
	}, time.Minute, 10*time.Millisecond, "no saga begins on %s", version)
	return all
}

// finish lets the customers act, and their orders come to their end.
func (l *load) finish(orders ...stack.Order) {
	l.Helper()
	for _, o := range orders {
		if l.Get(o.ID).Status == "awaiting_payment" {
			require.NoError(l, stack.Act(context.Background(), o, "complete"))
		}
	}
	for _, o := range orders {
		l.Await(o.ID, "confirmed")
	}
}

// requireSmooth: no run met code that it could not follow, and each stayed on
// the version that it began with. v2 is known by what it does.
func (l *load) requireSmooth() {
	l.Helper()
	runs := map[string]int{}
	for _, id := range l.ids() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		h, err := stack.ClosedHistory(ctx, l.temporal, "order/"+id)
		cancel()
		require.NoError(l, err)
		versions, did := map[string]bool{}, []string{}
		for _, e := range h.Events {
			require.NotEqual(l, enums.EVENT_TYPE_WORKFLOW_TASK_FAILED, e.EventType, "order %s: %v", id, e)
			if done := e.GetWorkflowTaskCompletedEventAttributes(); done != nil {
				require.Equal(l, enums.VERSIONING_BEHAVIOR_PINNED, done.VersioningBehavior)
				versions[done.GetDeploymentVersion().GetBuildId()] = true
			}
			if scheduled := e.GetActivityTaskScheduledEventAttributes(); scheduled != nil {
				did = append(did, scheduled.ActivityType.Name)
			} else if e.EventType == enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED {
				did = append(did, "")
			}
		}
		require.Len(l, versions, 1, "order %s changed its version", id)
		version := "v1"
		if slices.Index(did, "") < slices.Index(did, "ReserveStock") {
			version = "v2"
		}
		require.True(l, versions[version], "order %s did what %s does, and is of %v", id, version, versions)
		runs[version]++
	}
	l.Logf("runs by version: %v", runs)
	require.Greater(l, runs["v1"], 40)
	require.Greater(l, runs["v2"], 20)
}
