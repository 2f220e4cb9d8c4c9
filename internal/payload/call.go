package payload

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/skaldhq/skald/internal/seal"
)

// call is a call of Temporal's.
type call struct {
	method      string
	req, answer any
	sealing     bool             // the request, which was not sent yet
	until       func() time.Time // when who only looks has waited for keys long enough
}

// lookWithin is how long who only looks waits for keys, once the answer is there.
const lookWithin = time.Second

func newCall(method string, req, answer any) call {
	return call{method: method, req: req, answer: answer, until: sync.OnceValue(func() time.Time { return time.Now().Add(lookWithin) })}
}

// shows tells that the answer is looked at, and no saga goes on with it.
func (c call) shows() bool {
	name := path.Base(c.method)
	return strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Describe")
}

// gives tells that the answer is a task: a saga waits while it cannot be opened.
func (c call) gives() bool {
	name := path.Base(c.method)
	return strings.HasPrefix(name, "Poll") && strings.HasSuffix(name, "TaskQueue") || strings.HasPrefix(name, "Respond")
}

// failed is what the SDK is told: whether it may try again, and which workflow is
// concerned. What Temporal said it is told as that was said.
func (c call) failed(err error) error {
	var said temporalSaid
	if errors.As(err, &said) {
		return said.error
	}
	if id := c.workflowID(); id != "" {
		err = fmt.Errorf("%s: %w", id, err)
	}
	return status.Error(c.code(err), "payloads: "+err.Error())
}

// code is one that the SDK tries again, and that a server which is not there does not
// answer with: alerts tell the two apart. What this process cannot seal now, it cannot
// in a moment either: who asked for it is told at once. Only a task goes to another
// process.
func (c call) code(err error) codes.Code {
	_, ofTask := c.req.(interface{ GetTaskToken() []byte })
	if c.sealing && !ofTask && (errors.Is(err, errUnknownKey) || errors.Is(err, seal.ErrBroken)) {
		return codes.FailedPrecondition
	}
	return codes.Aborted
}

// workflowID is that of the run which the call is about; empty where it is about
// none, or does not tell.
func (c call) workflowID() string {
	for _, message := range []any{c.answer, c.req} {
		var run *commonpb.WorkflowExecution
		switch m := message.(type) {
		case interface{ GetWorkflowId() string }:
			return m.GetWorkflowId()
		case interface {
			GetWorkflowExecution() *commonpb.WorkflowExecution
		}:
			run = m.GetWorkflowExecution()
		case interface {
			GetExecution() *commonpb.WorkflowExecution
		}:
			run = m.GetExecution()
		}
		if run.GetWorkflowId() != "" {
			return run.GetWorkflowId()
		}
	}
	return ""
}
