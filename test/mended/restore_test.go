package mended_test

import (
	"context"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack/stacktest"
	"github.com/skaldhq/skald/workflows"
)

// TestRestoredBackup: the order database comes back from a backup that is older
// than Temporal and the other databases. The reconciler finds all that happened
// since: what is known of is brought to where the others stand, what is not known
// of is listed and repaired. docs/operations.md tells how.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pg_dump"); err != nil {
		t.Skip("there is no pg_dump on this machine")
	}
	b := &bench{platform.Split(t, "--reconcile-interval", "2s", "--reconcile-grace", "3s")}
	v := &vandal{bench: b, temporal: b.Temporal(), product: b.Product(700, 100)}
	backup := filepath.Join(t.TempDir(), "order.dump")

	settled := v.Buy(v.Basket(v.product, 1, visa), http.StatusCreated).Order.ID
	waits := v.Awaiting(v.product)
	v.postgres("pg_dump", "--format=custom", "--file="+backup, v.Stack.Databases["order"])
	lost := v.Buy(v.Basket(v.product, 3, visa), http.StatusCreated).Order.ID
	v.Act(waits, "complete")
	v.Await(waits.ID, "confirmed")

	old := v.Stack.Process("order")
	require.NoError(t, syscall.Kill(old.PID, syscall.SIGKILL))
	v.postgres("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname="+v.Stack.Databases["order"], backup)
	require.NoError(t, v.temporal.ScheduleClient().GetHandle(context.Background(), workflows.ReconcileScheduleID).Delete(context.Background()))
	v.StartAgain(old)

	want := []string{"payment_without_order " + lost, "stock_without_order " + lost}
	require.Eventually(t, func() bool { return slices.Equal(v.tried(), want) }, 3*time.Minute, 500*time.Millisecond)
	v.Await(waits.ID, "confirmed") // the backup has it waiting for its customer
	require.Equal(t, "confirmed", v.Get(settled).Status)
	v.Want(http.MethodGet, "/v1/orders/"+lost, nil, http.StatusNotFound)
	require.Equal(t, []string{"authorize", "capture"}, v.Effects(waits.ID), "nobody pays twice")

	v.repair(v.Discrepancies("open")[0], "lost with the backup", "completed")
	require.Eventually(t, func() bool { return len(v.tried()) == 0 }, time.Minute, 500*time.Millisecond)
	require.Equal(t, []string{"authorize", "capture", "refund"}, v.Effects(lost))
	v.RequireStock(stacktest.Stock{OnHand: 98, Available: 98}, v.product)
	v.Buy(v.Basket(v.product, 1, visa), http.StatusCreated)
}

// tried names the open discrepancies, as far as the front door reaches the order
// service.
func (v *vandal) tried() []string {
	a, err := v.Do(context.Background(), http.MethodGet, "/v1/discrepancies?state=open", nil)
	require.NoError(v, err)
	if a.Status != http.StatusOK {
		return []string{"the order service is away"}
	}
	return v.found("open")
}

// postgres runs a tool of Postgres.
func (b *bench) postgres(tool string, args ...string) {
	b.Helper()
	out, err := exec.CommandContext(context.Background(), tool, args...).CombinedOutput() //nolint:gosec // a tool of the test's own
	require.NoError(b, err, "%s: %s", tool, out)
}
