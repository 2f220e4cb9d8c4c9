// Package fuzz makes requests from an OpenAPI document, good ones and bad ones,
// and judges the answers by the same document. It imports no product package: it
// knows the document, and HTTP.
package fuzz

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI 3.1 document.
type Document struct {
	Operations []*Operation // in the order of their ids

	root map[string]any
}

// Operation is one of the document's.
type Operation struct {
	ID, Method, Path string
	Parameters       []Parameter
	Body             schema // nil: it takes none
	Responses        map[string]Response
}

// Parameter is one of an operation's.
type Parameter struct {
	Name, In string
	Schema   schema
}

// Response is what an operation may answer with a status.
type Response struct {
	Required []string                      // headers
	Content  map[string]*jsonschema.Schema // by media type; none: no body
}

// schema is a JSON schema as it stands in the document.
type schema map[string]any

const location = "openapi.json"

// Parse reads a document.
func Parse(raw []byte) (*Document, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	root, ok := parsed.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the document is no object but %T", parsed)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(location, root); err != nil {
		return nil, fmt.Errorf("take document: %w", err)
	}
	d := &Document{root: root}
	for path, item := range object(root["paths"]) {
		for method, declared := range object(item) {
			op, err := d.operation(compiler, strings.ToUpper(method), path, object(declared))
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			d.Operations = append(d.Operations, op)
		}
	}
	slices.SortFunc(d.Operations, func(a, b *Operation) int { return strings.Compare(a.ID, b.ID) })
	return d, nil
}

func (d *Document) operation(compiler *jsonschema.Compiler, method, path string, declared map[string]any) (*Operation, error) {
	op := &Operation{ID: text(declared["operationId"]), Method: method, Path: path, Responses: map[string]Response{}}
	for _, p := range list(declared["parameters"]) {
		p := d.resolve(object(p))
		op.Parameters = append(op.Parameters, Parameter{Name: text(p["name"]), In: text(p["in"]), Schema: object(p["schema"])})
	}
	body := d.resolve(object(declared["requestBody"]))
	if json := object(object(body["content"])["application/json"]); json != nil {
		op.Body = object(json["schema"])
	}
	at := fmt.Sprintf("%s#/paths/%s/%s/responses/", location, pointer(path), strings.ToLower(method))
	for status, said := range object(declared["responses"]) {
		r := Response{Content: map[string]*jsonschema.Schema{}}
		here := at + status
		if ref := text(object(said)["$ref"]); ref != "" {
			here = location + ref
		}
		said := d.resolve(object(said))
		for name, header := range object(said["headers"]) {
			if d.resolve(object(header))["required"] == true {
				r.Required = append(r.Required, name)
			}
		}
		for media := range object(said["content"]) {
			compiled, err := compiler.Compile(fmt.Sprintf("%s/content/%s/schema", here, pointer(media)))
			if err != nil {
				return nil, fmt.Errorf("schema of %s: %w", status, err)
			}
			r.Content[media] = compiled
		}
		op.Responses[status] = r
	}
	return op, nil
}

// resolve follows a reference within the document.
func (d *Document) resolve(o map[string]any) map[string]any {
	ref, found := strings.CutPrefix(text(o["$ref"]), "#/")
	if !found {
		return o
	}
	at := d.root
	for part := range strings.SplitSeq(ref, "/") {
		at = object(at[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)])
	}
	return d.resolve(at)
}

func pointer(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(s)
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// open tells whether an operation takes whatever object it gets, as it is.
func (d *Document) open(op *Operation) bool {
	return d.resolve(op.Body)["additionalProperties"] == true
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
