package api

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/skaldhq/skald/api/cards"
	"github.com/skaldhq/skald/api/private"
	"github.com/skaldhq/skald/api/walk"
)

// unwanted is what no request may have in it, and the refusal of one that has. In
// a body it may be in fields of these formats, which are validated otherwise.
type unwanted struct {
	meant func(text string) bool
	in    []string
	no    refusal
}

// What of it there is. A URL is its owner's choice: it may have an @ or a token.
func allUnwanted() []unwanted {
	return []unwanted{
		{meant: cards.Within, no: errCard},
		{meant: private.Credential, in: []string{"uri"}, no: errSecret},
		{meant: private.Address, in: []string{"email", "uri"}, no: errAddress},
	}
}

// questions are what a body of this schema is asked.
func questions(all []unwanted, body *huma.Schema) []walk.Question {
	asked := make([]walk.Question, len(all))
	for i, one := range all {
		asked[i] = walk.Question{Meant: one.meant, Spared: func(field string) bool {
			p := body.Properties[field]
			return p != nil && slices.Contains(one.in, p.Format)
		}}
	}
	return asked
}

// bodyOf is the schema of what an operation takes.
func bodyOf(op *huma.Operation, doc *huma.OpenAPI) *huma.Schema {
	media := op.RequestBody.Content[jsonType]
	switch {
	case media == nil || media.Schema == nil:
		return &huma.Schema{}
	case media.Schema.Ref != "":
		return doc.Components.Schemas.SchemaFromRef(media.Schema.Ref)
	default:
		return media.Schema
	}
}

// refuseUnwanted refuses a request that has a card number, an e-mail address or
// somebody's credential where none belongs, before anything else reads it: none is
// kept, logged or passed on. Bodies that an operation takes as they are, such as a
// provider's signed events, it leaves alone.
func refuseUnwanted(a huma.API) func(huma.Context, func(huma.Context)) {
	all := allUnwanted()
	return func(ctx huma.Context, next func(huma.Context)) {
		op := ctx.Operation()
		var body []byte
		if op.RequestBody != nil {
			var err error
			if body, err = readBody(ctx); err != nil {
				ctx.SetHeader("Connection", "close") // where the next request begins is not known
				refuseBody(a, ctx, err)
				return
			}
		}
		at, which := inParameters(ctx, a.OpenAPI(), all)
		if which < 0 && op.RequestBody != nil && !op.SkipValidateBody {
			at, which = walk.JSON(body, questions(all, bodyOf(op, a.OpenAPI()))...)
		}
		if which >= 0 {
			no := all[which].no
			no.fields = []ProblemField{{Field: safeName(at), Message: no.fields[0].Message}}
			refuse(a, ctx, no)
			return
		}
		next(ctx)
	}
}

// The refusals of what is unwanted; their fields are an example's.
var (
	errCard = refusal{
		status: http.StatusUnprocessableEntity, code: "card_number_refused",
		detail: "A card number has no place here. Send the payment provider's token of the payment method.",
		fields: []ProblemField{{Field: "payment_method", Message: "holds a card number"}},
	}
	errAddress = refusal{
		status: http.StatusUnprocessableEntity, code: "email_refused",
		detail: "An e-mail address has no place here: it is kept with its user and nowhere else.",
		fields: []ProblemField{{Field: "reason", Message: "holds an e-mail address"}},
	}
	errSecret = refusal{
		status: http.StatusUnprocessableEntity, code: "credential_refused",
		detail: "A key, a secret or a token has no place here. If it is a real one, revoke it.",
		fields: []ProblemField{{Field: "reason", Message: "holds a credential"}},
	}
)

// inParameters looks at the path, the query and the headers that the operation
// knows, and tells where something unwanted is, and by its index what; -1: nothing.
// What a client tells of an earlier answer is not kept.
func inParameters(ctx huma.Context, doc *huma.OpenAPI, all []unwanted) (at string, which int) {
	meant := func(text string) int {
		return slices.IndexFunc(all, func(one unwanted) bool { return one.meant(text) })
	}
	for _, p := range ctx.Operation().Parameters {
		if name, shared := strings.CutPrefix(p.Ref, parameterRef); shared {
			p = doc.Components.Parameters[name]
		}
		var value string
		switch {
		case p.In == "path":
			value = ctx.Param(p.Name)
		case p.In == "header" && !strings.HasPrefix(p.Name, "If-"):
			value = ctx.Header(p.Name)
		}
		if which := meant(value); which >= 0 {
			return p.Name, which
		}
	}
	query := ctx.URL().RawQuery
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescaped(name), unescaped(value)
		if which := meant(name); which >= 0 {
			return "query", which
		}
		if which := meant(value); which >= 0 {
			return name, which
		}
	}
	return "", -1
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
