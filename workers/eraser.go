package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

const (
	// eraseBatch bounds one page.
	eraseBatch = 200
	// lastStart is how long after its user was deleted something may have begun with a
	// key: processes know it for 10 s, and the clocks of two databases differ. What runs
	// of a later time is of who was made again under the same id, or sealed otherwise.
	lastStart = time.Minute
)

// MetricKeysOverdue is a gauge: for how many seconds the payload key that waits
// longest could have been erased, as far as the time since its user was deleted
// goes; 0 where none could. Every user worker shows the same.
const MetricKeysOverdue = "skald_payload_keys_overdue_seconds"

// Eraser erases the payload keys of users who were deleted, and with them what
// their sagas left at Temporal. A key outlives its user by some time, in which
// nothing begins with it any more, and then until no saga of theirs runs: none
// has to go on without its history. Any number of erasers may run.
type Eraser struct {
	keys     user.PayloadKeyChores
	temporal client.Client
	after    time.Duration
	overdue  prometheus.Gauge
}

// NewEraser returns an eraser of keys whose users were deleted longer ago than
// after.
func NewEraser(c client.Client, keys user.PayloadKeyChores, after time.Duration, metrics prometheus.Registerer) *Eraser {
	overdue := prometheus.NewGauge(prometheus.GaugeOpts{Name: MetricKeysOverdue, Help: "How long the payload key of a deleted user could have been erased that waits longest."})
	metrics.MustRegister(overdue)
	return &Eraser{keys: keys, temporal: c, after: after, overdue: overdue}
}

// Erase erases what can be, past those keys that cannot, and tells how many that
// were.
func (e *Eraser) Erase(ctx context.Context) (int, error) {
	erased, err := user.EachPayloadKey(func(after string) ([]user.PayloadKey, error) {
		doomed, err := e.keys.DoomedPayloadKeys(ctx, e.after, after, eraseBatch)
		if err != nil {
			return nil, fmt.Errorf("find payload keys to erase: %w", err)
		}
		return doomed, nil
	}, func(key user.PayloadKey) (bool, error) { return e.erase(ctx, key) })
	age, failed := e.keys.OldestDoomedPayloadKey(ctx)
	if failed == nil {
		e.overdue.Set(max(age-e.after, 0).Seconds())
	}
	return erased, errors.Join(err, failed)
}

func (e *Eraser) erase(ctx context.Context, key user.PayloadKey) (erased bool, err error) {
	running, err := e.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: fmt.Sprintf("%s = '%s' AND ExecutionStatus = 'Running' AND StartTime < '%s'",
			workflows.AttrUserID.GetName(), key.UserID, key.DoomedAt.Add(lastStart).UTC().Format(time.RFC3339Nano)),
	})
	if err == nil && running.GetCount() > 0 {
		return false, nil
	}
	if err == nil {
		err = e.keys.ErasePayloadKey(ctx, key.ID)
	}
	if err != nil {
		return false, fmt.Errorf("erase payload key %s: %w", key.ID, err)
	}
	return true, nil
}
