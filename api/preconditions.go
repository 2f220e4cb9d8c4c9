package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// etag names a state of something that has a version. more is what the answer
// shows beside that state; empty where there is nothing.
func etag(version int64, updated time.Time, more string) string {
	if more == "" {
		return fmt.Sprintf(`"%d-%x"`, version, updated.UnixMicro())
	}
	sum := sha256.Sum256([]byte(more))
	return fmt.Sprintf(`"%d-%x-%x"`, version, updated.UnixMicro(), sum[:6])
}

// IfNoneMatch is how a GET asks for what changed only.
type IfNoneMatch struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"Only where it has none of these ETags; * where there must be none at all. A GET answers 304 otherwise, a change 412" example:"\"2-63c1f3a5b2c00\""`
}

// unchanged is the answer 304 where the client has the state with this tag, nil
// where it has not. It compares weakly, as RFC 9110 (section 13.1.2) wants it.
func (in IfNoneMatch) unchanged(tag string) error {
	if !anyTag(in.IfNoneMatch, tag, sameTag) {
		return nil
	}
	return huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {tag}})
}

// Preconditions are how a change is bound to the state that the client has seen
// (RFC 9110, section 13).
type Preconditions struct {
	IfMatch     string `header:"If-Match" maxLength:"1000" doc:"The ETag of the state that is to be changed; * for any" example:"\"2-63c1f3a5b2c00\""`
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"Only where it has none of these ETags; * where there must be none at all. A GET answers 304 otherwise, a change 412" example:"\"2-63c1f3a5b2c00\""`
}

// check tells whether a change may be made of what has this tag; empty: of what is
// not there. Nobody changes by PUT what they have not seen; harmless are what
// creates, and what changes nothing.
func (in Preconditions) check(ctx context.Context, tag string, harmless bool) error {
	switch {
	case in.IfMatch != "" && (tag == "" || !anyTag(in.IfMatch, tag, sameState)):
		return errPrecondition.problem(ctx)
	case in.IfNoneMatch != "" && tag != "" && anyTag(in.IfNoneMatch, tag, func(candidate, tag string) bool { return sameState(strong(candidate), tag) }):
		return errPrecondition.problem(ctx)
	case in.IfMatch == "" && in.IfNoneMatch == "" && !harmless:
		return errUnconditional.problem(ctx)
	}
	return nil
}

// version is the one that a change is bound to: the one that was checked; 0: any.
func (in Preconditions) version(checked int64) int64 {
	if in.IfMatch == "" || in.IfMatch == "*" {
		return 0
	}
	return checked
}

// twice makes a change, once more where another was faster: the precondition may
// hold of what that one made, too.
func twice[In, Out any](ctx context.Context, changed error, in *In, try func(context.Context, *In) (*Out, error)) (*Out, error) {
	out, err := try(ctx, in)
	if errors.Is(err, changed) {
		out, err = try(ctx, in)
	}
	if errors.Is(err, changed) {
		err = errPrecondition.problem(ctx)
	}
	return out, err
}

// The refusals of changes.
var (
	errPrecondition  = refusal{status: http.StatusPreconditionFailed, code: "precondition_failed", detail: "It is not in the state that the request asks for. Get it, and try again."}
	errUnconditional = refusal{status: http.StatusPreconditionRequired, code: "precondition_required", detail: "Say which state this is to change: send If-Match with the ETag of your GET."}
)

// sameTag compares weakly.
func sameTag(candidate, tag string) bool { return strong(candidate) == tag }

// sameState tells whether two tags name the same state; of what an answer only
// shows beside it, the third part of a tag, a change says nothing.
func sameState(candidate, tag string) bool { return state(candidate) == state(tag) }

// strong is a tag that may be weak as one that is not, to compare weakly.
func strong(tag string) string { return strings.TrimPrefix(tag, "W/") }

// state is the part of a tag that names what a PUT sets.
func state(tag string) string {
	parts := strings.SplitN(tag, "-", 3)
	return strings.TrimSuffix(strings.Join(parts[:min(len(parts), 2)], "-"), `"`)
}

// compressed ends the tag of an answer that was compressed on its way.
const compressed = "-gzip"

// anyTag tells whether a header that lists tags has one that is the same.
func anyTag(header, tag string, same func(candidate, tag string) bool) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if plain, ok := strings.CutSuffix(candidate, compressed+`"`); ok {
			candidate = plain + `"`
		}
		quoted := len(candidate) > 1 && strings.HasPrefix(strings.TrimPrefix(candidate, "W/"), `"`) && strings.HasSuffix(candidate, `"`)
		if candidate == "*" || quoted && same(candidate, tag) {
			return true
		}
	}
	return false
}
