package timeline

import (
	"cmp"
	"errors"
	"regexp"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/skaldhq/skald/workflows/saga"
)

// What the histories hold is decoded as the SDK does it. What cannot be, or is no
// code, is left out: it has no place in a timeline.

// isCode tells the codes and statuses of ours from any other text.
var isCode = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`).MatchString

func code(s string) string {
	if isCode(s) {
		return s
	}
	return ""
}

// decode reads a value; not ok: it is none of that type.
func decode[T any](p *commonpb.Payload) (v T, ok bool) {
	if p == nil {
		return v, false
	}
	err := converter.GetDefaultDataConverter().FromPayload(p, &v)
	return v, err == nil
}

func first(p *commonpb.Payloads) *commonpb.Payload {
	if len(p.GetPayloads()) == 0 {
		return nil
	}
	return p.GetPayloads()[0]
}

// outcome is what a result says of how something stands: a status of its own, or
// in a field.
func outcome(result *commonpb.Payloads) string {
	if s, ok := decode[string](first(result)); ok {
		return code(s)
	}
	v, _ := decode[struct {
		Status string `json:"status"`
		State  string `json:"state"`
	}](first(result))
	return code(cmp.Or(v.Status, v.State))
}

// summary is what an event says of itself in the Web UI.
func summary(e *historypb.HistoryEvent) string {
	s, _ := decode[string](e.GetUserMetadata().GetSummary())
	return s
}

func keyword(attributes *commonpb.SearchAttributes, name string) string {
	s, _ := decode[string](attributes.GetIndexedFields()[name])
	return s
}

// The codes of what has none of its own.
const (
	codeTimeout  = "timeout"
	codeInternal = "internal"
)

// failure gives what became of an attempt, and the stable code: never its text.
func failure(f *failurepb.Failure) (Event, string) {
	err := temporal.GetDefaultFailureConverter().FailureToError(f)
	event, fallback := Failed, codeInternal
	var timeout *temporal.TimeoutError
	switch class := saga.Classify(err); {
	case class == saga.Cancelled:
		return Cancelled, ""
	case class == saga.Refused:
		event = Refused
	case errors.As(err, &timeout):
		event, fallback = TimedOut, codeTimeout
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return event, cmp.Or(code(app.Type()), codeInternal)
	}
	return event, fallback
}
