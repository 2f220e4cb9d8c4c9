package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/fault"
)

// refusal is a problem that an operation can answer with.
type refusal struct {
	status       int
	code, detail string
	fields       []ProblemField
	order        bool     // it is about an order, which is named along with it
	headers      []string // those that come with it
}

// The refusals of what stands before every operation.
var (
	errUnauthenticated = refusal{status: http.StatusUnauthorized, code: "unauthenticated", detail: "Send `Authorization: Bearer` and an API key, or a token of the identity provider.", headers: []string{"WWW-Authenticate"}}
	errForbidden       = refusal{status: http.StatusForbidden, code: "forbidden", detail: "Your credential does not allow this."}
	errRateLimited     = refusal{status: http.StatusTooManyRequests, code: "rate_limited", detail: "Too many requests. Try again after the time that Retry-After tells.", headers: append(rateHeaders(), "Retry-After")}
	errInternal        = refusal{status: http.StatusInternalServerError, code: "internal", detail: internalDetail}
	errUnreachable     = refusal{status: http.StatusServiceUnavailable, code: "service_unavailable", detail: unavailableDetail}
)

// problem is the refusal as one request gets it.
func (r refusal) problem(ctx context.Context) *Problem {
	p := newProblem(ctx, r.status, r.code, r.detail)
	p.Errors = r.fields
	return p
}

// refusalsKey is where an operation keeps what it can be refused with.
const refusalsKey = "refusals"

// refuses declares refusals of an operation with the status of their kind.
func refuses(op *huma.Operation, faults ...*fault.Error) {
	for _, f := range faults {
		declareRefusals(op, refusalOf(f))
	}
}

func declareRefusals(op *huma.Operation, more ...refusal) {
	known, _ := op.Metadata[refusalsKey].([]refusal)
	op.Metadata[refusalsKey] = append(known, more...)
}

// refusalsOf is all that an operation can be refused with: what it declares, and
// what its shape brings along.
func refusalsOf(op *huma.Operation) []refusal {
	all, _ := op.Metadata[refusalsKey].([]refusal)
	all = append(slices.Clone(all), errInternal)
	malformed := ProblemField{Field: "limit", Message: "expected number <= 100"}
	if op.RequestBody != nil {
		malformed = ProblemField{Field: "body", Message: "expected object"}
		all = append(all, ofHuma(http.StatusBadRequest, ProblemField{Field: "body", Message: notJSON}),
			ofHuma(http.StatusRequestTimeout), ofHuma(http.StatusRequestEntityTooLarge),
			ofHuma(http.StatusUnsupportedMediaType, ProblemField{Field: "Content-Type", Message: "expected application/json"}))
	}
	all = append(all, errCard, errAddress, errSecret, ofHuma(http.StatusUnprocessableEntity, malformed)) // unknown query parameters, if nothing else
	if has(op, "header", "Idempotency-Key") {
		all = append(all, errKeyReused)
	}
	if has(op, "header", "If-Match") {
		all = append(all, errPrecondition)
		if op.Method == http.MethodPut {
			all = append(all, errUnconditional)
		}
	}
	if secured(op) {
		all = append(all, errUnauthenticated, errForbidden)
	}
	if rated(op) {
		all = append(all, errRateLimited)
	}
	if strings.HasPrefix(op.Path, "/v1/") {
		all = append(all, errUnreachable)
	}
	for _, status := range op.Errors { // those that nobody says more of
		if !slices.ContainsFunc(all, func(r refusal) bool { return r.status == status }) {
			all = append(all, ofHuma(status))
		}
	}
	return all
}

// ofHuma is a refusal that Huma, or nothing but its status, explains.
func ofHuma(status int, fields ...ProblemField) refusal {
	p := humaProblem(context.Background(), status, http.StatusText(status)+".", nil)
	return refusal{status: status, code: p.Code, detail: p.Detail, fields: fields}
}

// describeFailures replaces what Huma says of an operation's problems: a response
// for each status, with an example for each code.
func (d documenter) describeFailures(op *huma.Operation) {
	byStatus := map[int][]refusal{}
	for _, r := range refusalsOf(op) {
		same := func(known refusal) bool { return known.code == r.code }
		if !slices.ContainsFunc(byStatus[r.status], same) {
			byStatus[r.status] = append(byStatus[r.status], r)
		}
	}
	maps.DeleteFunc(op.Responses, func(status string, r *huma.Response) bool {
		return status == "default" || r.Content[problemJSON] != nil
	})
	for status, refusals := range byStatus {
		key := strconv.Itoa(status)
		if op.Responses[key] == nil {
			op.Responses[key] = &huma.Response{Ref: "#/components/responses/" + d.shareFailure(status, refusals)}
		}
	}
}

// shareFailure keeps a response of problems once for all operations that have it,
// and gives its name.
func (d documenter) shareFailure(status int, refusals []refusal) string {
	slices.SortFunc(refusals, func(a, b refusal) int { return strings.Compare(a.code, b.code) })
	r := &huma.Response{Headers: map[string]*huma.Header{}}
	shown := map[string]*huma.Example{}
	codes := make([]string, len(refusals))
	for i, refused := range refusals {
		codes[i] = refused.code
		shown[refused.code] = &huma.Example{Summary: refused.detail, Value: d.examples.problem(refused)}
		told(r, refused.headers...)
	}
	name := strconv.Itoa(status) + "-" + strings.Join(codes, "-")
	r.Description = http.StatusText(status) + ": `" + strings.Join(codes, "`, `") + "`"
	r.Content = map[string]*huma.MediaType{problemJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}, Examples: shown}}
	d.shareHeaders(r)
	d.doc.Components.Responses[name] = r
	return name
}
