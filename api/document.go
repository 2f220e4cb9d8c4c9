package api

import (
	"cmp"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// document completes what Huma finds out about the operations by itself: what
// each schema is, an example of everything that is sent, every answer that an
// operation can give, and each part that operations share told once.
func document(doc *huma.OpenAPI) {
	d := documenter{doc: doc, examples: newExamples(doc.Components.Schemas.Map())}
	d.describeSchemas()
	doc.Components.Headers = headers()
	doc.Components.Responses = map[string]*huma.Response{}
	doc.Components.Parameters = map[string]*huma.Param{}
	for op := range operationsOf(doc) {
		d.describeParameters(op)
		d.describeSuccess(op)
		d.describeFailures(op)
		d.showBodies(op)
	}
	d.shareParameters()
}

type documenter struct {
	doc      *huma.OpenAPI
	examples examples
}

// operationsOf gives the operations of a document in the order of their paths.
func operationsOf(doc *huma.OpenAPI) iter.Seq[*huma.Operation] {
	return func(yield func(*huma.Operation) bool) {
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			item := doc.Paths[path]
			for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch, item.Head, item.Options, item.Trace} {
				if op != nil && !yield(op) {
					return
				}
			}
		}
	}
}

// describeParameters gives each parameter an example, and its description once. The
// example of one that may be left out stands in its schema, from where the docs
// page does not take it for what is wanted.
func (d documenter) describeParameters(op *huma.Operation) {
	for _, p := range op.Parameters {
		p.Description = cmp.Or(p.Description, p.Schema.Description)
		p.Schema.Description = ""
		if p.Example == nil {
			p.Example = d.examples.of(p.Schema)
		}
		if !p.Required {
			p.Schema.Examples, p.Example = []any{p.Example}, nil
		}
	}
}

// describeSuccess completes the answers that are no problem. All that have a body
// have the same one, with the same headers.
func (d documenter) describeSuccess(op *huma.Operation) {
	usual := op.Responses[strconv.Itoa(op.DefaultStatus)]
	if op.Method == http.MethodGet && has(op, "header", "If-None-Match") {
		op.Responses["304"] = &huma.Response{Headers: map[string]*huma.Header{"ETag": nil}}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if status >= "400" {
			continue
		}
		if r.Description == "" || r.Description == http.StatusText(number(status)) {
			r.Description = meaning(op, number(status))
		}
		if status < "300" {
			if r.Headers == nil {
				r.Headers = map[string]*huma.Header{}
			}
			maps.Copy(r.Headers, usual.Headers)
			if rated(op) {
				told(r, rateHeaders()...)
			}
		}
		d.shareHeaders(r)
	}
}

// meaning is what an answer that is no problem says of the operation.
func meaning(op *huma.Operation, status int) string {
	id := "`" + op.OperationID + "` "
	switch status {
	case http.StatusCreated:
		return id + "made what was asked for"
	case http.StatusAccepted:
		return id + "took the request; what comes of it takes its time"
	case http.StatusNoContent:
		return id + "did what was asked for, and there is no more to tell"
	case http.StatusNotModified:
		return id + "found the state that the client has already"
	default:
		return id + "did what was asked for"
	}
}

// showBodies puts an example to every body that has none.
func (d documenter) showBodies(op *huma.Operation) {
	show := func(content map[string]*huma.MediaType) {
		for _, m := range content {
			if m.Example == nil && len(m.Examples) == 0 && m.Schema != nil {
				m.Example = d.examples.of(m.Schema)
			}
		}
	}
	if op.RequestBody != nil {
		op.RequestBody.Description = cmp.Or(op.RequestBody.Description, "What `"+op.OperationID+"` takes")
		show(op.RequestBody.Content)
	}
	for _, r := range op.Responses {
		show(r.Content)
	}
}

func has(op *huma.Operation, in, name string) bool {
	return slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == in && p.Name == name })
}

func secured(op *huma.Operation) bool { return len(op.Security) > 0 }

// rated tells whether the operation holds whoever uses it to a rate.
func rated(op *huma.Operation) bool {
	who, _ := op.Metadata[accessKey].(access)
	return !who.often
}

// number is a status as a number; 0 where it is none.
func number(status string) int {
	n, _ := strconv.Atoi(status)
	return n
}
