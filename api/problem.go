package api

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/internal/fault"
)

// Problem is an error as clients see it: problem details (RFC 9457). It never
// repeats what the client sent.
type Problem struct {
	Type      string         `json:"type" format:"uri" doc:"Stable; names the kind of problem" example:"https://skald.dev/problems/insufficient-stock"`
	Title     string         `json:"title" doc:"The status in words" example:"Conflict"`
	Status    int            `json:"status" doc:"The HTTP status" example:"409"`
	Detail    string         `json:"detail" doc:"What happened, for a person" example:"There is not enough stock for this order."`
	Code      string         `json:"code" doc:"Stable; branch on it" example:"insufficient_stock"`
	TraceID   string         `json:"trace_id" doc:"Find the request in logs and traces by it" example:"4bf92f3577b34da6a3ce929d0e0e4736"`
	OrderID   string         `json:"order_id,omitempty" doc:"The order, where the problem ended one"`
	PaymentID string         `json:"payment_id,omitempty" doc:"The payment of its own, where the problem ended one"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"The fields that are wrong"`
}

// ProblemField is what is wrong with one field.
type ProblemField struct {
	Field   string `json:"field" doc:"Where it is in the request" example:"items[0].quantity"`
	Message string `json:"message" doc:"What is wrong with it" example:"expected number >= 1"`
}

const problemType = "https://skald.dev/problems/"

// Error gives the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problem details.
func (p *Problem) ContentType(string) string { return problemJSON }

const problemJSON = "application/problem+json"

func newProblem(ctx context.Context, status int, code, detail string) *Problem {
	return &Problem{
		Type: problemType + strings.ReplaceAll(code, "_", "-"), Title: http.StatusText(status),
		Status: status, Detail: detail, Code: code, TraceID: traceID(ctx),
	}
}

// problem turns a service's error into a problem.
func problem(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	f := fault.From(err)
	if !f.Kind.Definite() {
		note(ctx, err)
	}
	return refusalOf(f).problem(ctx)
}

// refusalOf is what clients are told of a service's error. This is the one place
// that knows which status a kind of fault is.
func refusalOf(f *fault.Error) refusal {
	r := refusal{status: http.StatusInternalServerError, code: f.Code, detail: internalDetail}
	switch f.Kind {
	case fault.Invalid:
		r.status, r.detail = http.StatusUnprocessableEntity, invalidDetail
	case fault.NotFound:
		r.status, r.detail = http.StatusNotFound, f.Message
	case fault.Conflict:
		r.status, r.detail = http.StatusConflict, f.Message
	case fault.Refused:
		r.status, r.detail = http.StatusUnprocessableEntity, f.Message
	case fault.Unavailable, fault.Unknown:
		r.status, r.detail = http.StatusServiceUnavailable, unavailableDetail
	case fault.Internal: // as set above: the cause is for the log
	}
	if f.Field != "" {
		r.fields = []ProblemField{{Field: f.Field, Message: f.Message}}
	}
	return r
}

// What is said of a failure whose own words are not for clients.
const (
	invalidDetail     = "The request is not valid."
	internalDetail    = "Something went wrong on our side."
	unavailableDetail = "A service did not answer. Try again, with the same Idempotency-Key where there is one."
)

// Huma keeps these settings in variables of its package; they are the same for
// every API of this one, and are set before any is made.
func init() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaProblem(context.Background(), status, message, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		if ctx == nil {
			return humaProblem(context.Background(), status, message, errs)
		}
		return humaProblem(ctx.Context(), status, message, errs)
	}
}

// humaProblem is what Huma itself has to say: mostly that a request is invalid.
// Its errors carry the client's input, which is dropped here.
func humaProblem(ctx context.Context, status int, message string, errs []error) *Problem {
	p := newProblem(ctx, status, statusCode(status), message)
	switch status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		p.Detail = invalidDetail
	case http.StatusRequestEntityTooLarge:
		p.Detail = "The request's body is larger than this path takes."
	case http.StatusRequestTimeout:
		p.Detail = "The request's body did not arrive in time."
	case http.StatusUnsupportedMediaType:
		p.Detail = "The request's Content-Type is not one that this path takes."
	}
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			p.Errors = append(p.Errors, fieldError(status, d.ErrorDetail()))
		}
	}
	return p
}

// missing is how Huma says that a property is not there: of the object around it.
var missing = regexp.MustCompile(`^expected required property (\S+) to be present$`)

// parsed is what the validator says of an address or a URL; a parser's words follow,
// which may quote it.
var parsed = regexp.MustCompile(`^(expected string to be RFC (?:5322 email|3986 uri)): `)

// fieldError is one error of Huma's, named for the field that it is about. What
// the validator says begins with what it expected; everything else about the
// body is the text of a decoder, which quotes the body.
func fieldError(status int, d *huma.ErrorDetail) ProblemField {
	if m := missing.FindStringSubmatch(d.Message); m != nil {
		return ProblemField{Field: field(d.Location + "." + m[1]), Message: "is required"}
	}
	if m := parsed.FindStringSubmatch(d.Message); m != nil {
		return ProblemField{Field: field(d.Location), Message: m[1]}
	}
	switch {
	case status == http.StatusUnsupportedMediaType:
		return ProblemField{Field: "Content-Type", Message: "expected application/json"}
	case d.Location == "body" && !strings.HasPrefix(d.Message, "expected "):
		return ProblemField{Field: "body", Message: notJSON}
	default:
		return ProblemField{Field: field(d.Location), Message: d.Message}
	}
}

const notJSON = "expected JSON (RFC 8259) whose numbers are in the range of their fields"

// field is where something is in the request, as its sender names it.
func field(location string) string {
	for _, part := range []string{"body.", "path.", "query.", "header."} {
		if rest, ok := strings.CutPrefix(location, part); ok {
			return safeName(rest)
		}
	}
	return safeName(location)
}

// plainName is a name as those of this API are: no more of what a client chose is
// repeated to it.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)

// safeName is a field's name, where it is plain.
func safeName(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return "(a name that is not known)"
}

// statusCode is the code of a problem that is nothing but its status.
func statusCode(status int) string {
	switch status {
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return "invalid"
	case http.StatusUnauthorized:
		return "unauthenticated"
	case http.StatusInternalServerError:
		return "internal"
	default:
		return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
	}
}

// writeProblem answers outside of Huma.
func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may have gone
}
