package api

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/skaldhq/skald/api/cards"
)

// refuseCards refuses a request that has a card number in it, before anything
// else reads it: none is kept, logged or passed on. Bodies that an operation
// takes as they are, such as a provider's signed events, it leaves alone.
func refuseCards(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		op := ctx.Operation()
		at, found := cardInParameters(ctx, a.OpenAPI())
		if !found && op.RequestBody != nil {
			body, err := readBody(ctx)
			if err != nil {
				ctx.SetHeader("Connection", "close") // where the next request begins is not known
				refuseBody(a, ctx, err)
				return
			}
			if !op.SkipValidateBody {
				at, found = cards.InJSON(body)
			}
		}
		if !found {
			next(ctx)
			return
		}
		no := errCard
		no.fields = []ProblemField{{Field: safeName(at), Message: "holds a card number"}}
		refuse(a, ctx, no)
	}
}

var errCard = refusal{
	status: http.StatusUnprocessableEntity, code: "card_number_refused",
	detail: "A card number has no place here. Send the payment provider's token of the payment method.",
	fields: []ProblemField{{Field: "payment_method", Message: "holds a card number"}},
}

// cardInParameters looks at the path, the query and the headers that the
// operation knows. What a client tells of an earlier answer is not kept.
func cardInParameters(ctx huma.Context, doc *huma.OpenAPI) (at string, found bool) {
	for _, p := range ctx.Operation().Parameters {
		if name, shared := strings.CutPrefix(p.Ref, parameterRef); shared {
			p = doc.Components.Parameters[name]
		}
		switch {
		case p.In == "path" && cards.Within(ctx.Param(p.Name)),
			p.In == "header" && !strings.HasPrefix(p.Name, "If-") && cards.Within(ctx.Header(p.Name)):
			return p.Name, true
		}
	}
	query := ctx.URL().RawQuery
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescaped(name), unescaped(value)
		switch {
		case cards.Within(name):
			return "query", true
		case cards.Within(value):
			return name, true
		}
	}
	return "", false
}

// unescaped is a part of a query, as it is where it is escaped wrongly.
func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// readBody reads the body, up to one byte more than is taken, in the time that it
// may take, and puts it back for Huma, which answers what is too long.
func readBody(ctx huma.Context) ([]byte, error) {
	op := ctx.Operation()
	if op.BodyReadTimeout > 0 { // else it has as long as the connection lets it
		_ = ctx.SetReadDeadline(time.Now().Add(op.BodyReadTimeout)) // a recorder has none
	}
	r, _ := humago.Unwrap(ctx)
	body, err := io.ReadAll(io.LimitReader(r.Body, op.MaxBodyBytes+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), r.Body}
	return body, err
}

// refuseBody answers a body that broke off or did not come in time.
func refuseBody(a huma.API, ctx huma.Context, err error) {
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		refuse(a, ctx, ofHuma(http.StatusRequestTimeout))
		return
	}
	refuse(a, ctx, ofHuma(http.StatusBadRequest, ProblemField{Field: "body", Message: "cannot be read"}))
}
