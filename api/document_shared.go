package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// headers are those of the answers, each told once.
func headers() map[string]*huma.Header {
	text := func(description, example string) *huma.Header {
		return &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
	}
	count := func(description string, example int) *huma.Header {
		return &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeInteger}, Example: example}
	}
	return map[string]*huma.Header{
		"ETag":                text("Names the state that the answer shows; it changes with it (RFC 9110)", `"2-63c1f3a5b2c00"`),
		"Location":            text("The path of what the answer is about, where it has one", "/v1/orders/ord_01k9m2v6y7e4p8s0t2w4x6z8ab"),
		"Preference-Applied":  text("The preference that was followed, the wait as it was granted (RFC 7240)", "wait=5"),
		"Retry-After":         count("Seconds after which it is worth to ask again", 1),
		"RateLimit-Limit":     count("How many requests fit into the bucket of who asks", 100),
		"RateLimit-Remaining": count("How many requests are left in it", 99),
		"RateLimit-Reset":     count("Seconds until it is full again", 1),
		"WWW-Authenticate":    text("How to say who one is (RFC 6750)", challenge),
	}
}

// rateHeaders tell who asks how they stand.
func rateHeaders() []string {
	return []string{"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
}

// told adds headers to a response, whose description shareHeaders finds.
func told(r *huma.Response, names ...string) {
	for _, name := range names {
		r.Headers[name] = nil
	}
}

// shareHeaders has a response refer to the headers that are told once.
func (d documenter) shareHeaders(r *huma.Response) {
	for name, h := range r.Headers {
		switch {
		case d.doc.Components.Headers[name] != nil:
			r.Headers[name] = &huma.Header{Ref: "#/components/headers/" + name}
		case h.Schema != nil && h.Description == "":
			h.Description, h.Schema.Description = h.Schema.Description, ""
		}
	}
}

// parameterRef begins the reference to a parameter that is told once.
const parameterRef = "#/components/parameters/"

// shareParameters tells a parameter once that several operations take, all of
// them in the same way.
func (d documenter) shareParameters() {
	type use struct{ in, name string }
	uses := map[use][]*huma.Param{}
	for op := range operationsOf(d.doc) {
		for _, p := range op.Parameters {
			uses[use{p.In, p.Name}] = append(uses[use{p.In, p.Name}], p)
		}
	}
	shared := d.doc.Components.Parameters
	for op := range operationsOf(d.doc) {
		for i, p := range op.Parameters {
			same := uses[use{p.In, p.Name}]
			if len(same) < 2 || differ(same) {
				continue
			}
			if known := shared[p.Name]; known != nil && known.In != p.In {
				continue
			}
			shared[p.Name] = p
			op.Parameters[i] = &huma.Param{Ref: parameterRef + p.Name}
		}
	}
}

func differ(params []*huma.Param) bool {
	for _, p := range params[1:] {
		one, other := *params[0], *p
		one.Schema, other.Schema = nil, nil
		if !reflect.DeepEqual(one, other) || !sameSchema(params[0].Schema, p.Schema) {
			return true
		}
	}
	return false
}

func sameSchema(a, b *huma.Schema) bool {
	x, errX := a.MarshalJSON()
	y, errY := b.MarshalJSON()
	return errX == nil && errY == nil && string(x) == string(y)
}
