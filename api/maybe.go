package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Maybe is an object or null: unlike a pointer, the document says so.
type Maybe[T any] struct{ Value *T }

// MarshalJSON gives the object or null.
func (m Maybe[T]) MarshalJSON() ([]byte, error) { return json.Marshal(m.Value) }

// UnmarshalJSON takes the object or null.
func (m *Maybe[T]) UnmarshalJSON(raw []byte) error { return json.Unmarshal(raw, &m.Value) }

// Schema is either the object's or null.
func (Maybe[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{r.Schema(reflect.TypeFor[T](), true, ""), {Type: "null"}}}
}
