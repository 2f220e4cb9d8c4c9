package api

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// exampleTime is when everything in an example happens.
const exampleTime = "2026-11-02T09:30:00Z"

// exampleTrace is the trace of an example's request.
const exampleTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

// examples makes examples from schemas: of those that have typed values of their
// own these, of the others what the tags of their fields say.
type examples struct {
	schemas map[string]*huma.Schema
	typed   map[string]any // by the name of the schema, as JSON decodes it
}

func newExamples(schemas map[string]*huma.Schema) examples {
	e := examples{schemas: schemas, typed: map[string]any{}}
	for _, v := range exampleValues() {
		e.typed[huma.DefaultSchemaNamer(reflect.TypeOf(v), "")] = plain(v)
	}
	for name, s := range schemas {
		if e.typed[name] == nil {
			e.typed[name] = e.of(s)
		}
	}
	return e
}

// of is an example of a schema; nil where nothing says how one looks.
func (e examples) of(s *huma.Schema) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if v, ok := e.typed[name]; ok {
			return v
		}
		return e.of(e.schemas[name])
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.AnyOf) > 0:
		return e.of(s.AnyOf[0])
	case len(s.OneOf) > 0:
		return e.of(s.OneOf[0])
	case s.Extensions["const"] != nil: // as Huma says it of an event's name
		return s.Extensions["const"]
	case s.Type == huma.TypeArray:
		return []any{e.of(s.Items)}
	case s.Nullable:
		return nil
	case s.Type == huma.TypeObject || len(s.AllOf) > 0:
		return e.object(s)
	case s.Type == huma.TypeBoolean:
		return true
	case s.Type == huma.TypeInteger || s.Type == huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case s.Format == "date-time":
		return exampleTime
	}
	return nil
}

func (e examples) object(s *huma.Schema) map[string]any {
	out := map[string]any{}
	for _, base := range s.AllOf {
		if part, ok := e.of(base).(map[string]any); ok {
			maps.Copy(out, part)
		}
	}
	for name, property := range s.Properties {
		v := e.of(property)
		if v != nil || slices.Contains(s.Required, name) {
			out[name] = v
		}
	}
	return out
}

// problem is what a refusal looks like to a client.
func (e examples) problem(r refusal) any {
	p := r.problem(context.Background())
	p.TraceID = exampleTrace
	if r.order {
		p.OrderID = exampleOrder().ID
	}
	return plain(p)
}

// plain is a value as who reads its JSON sees it.
func plain(v any) (out any) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil { // the values of this package always marshal
		panic(err)
	}
	return out
}
