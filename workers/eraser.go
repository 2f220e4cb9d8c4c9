package workers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows"
)

// eraseBatch bounds one round.
const eraseBatch = 200

// Eraser erases the payload keys of users who were deleted, and with them what
// their sagas left at Temporal. A key outlives its user by some time, in which
// nothing begins with it any more, and then until no saga of theirs runs: none
// has to go on without its history. Any number of erasers may run.
type Eraser struct {
	keys     user.PayloadKeyChores
	temporal client.Client
	after    time.Duration
}

// NewEraser returns an eraser of keys whose users were deleted longer ago than
// after.
func NewEraser(c client.Client, keys user.PayloadKeyChores, after time.Duration) *Eraser {
	return &Eraser{keys: keys, temporal: c, after: after}
}

// Erase erases what can be, and tells how many keys that were.
func (e *Eraser) Erase(ctx context.Context) (int, error) {
	doomed, err := e.keys.DoomedPayloadKeys(ctx, e.after, eraseBatch)
	if err != nil {
		return 0, fmt.Errorf("find payload keys to erase: %w", err)
	}
	erased, faults := 0, []error{}
	for _, key := range doomed {
		running, err := e.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("%s = '%s' AND ExecutionStatus = 'Running'", workflows.AttrUserID.GetName(), key.UserID),
		})
		if err == nil && running.GetCount() > 0 {
			continue
		}
		if err == nil {
			err = e.keys.ErasePayloadKey(ctx, key.ID)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("erase payload key %s: %w", key.ID, err))
			continue
		}
		erased++
	}
	return erased, errors.Join(faults...)
}
