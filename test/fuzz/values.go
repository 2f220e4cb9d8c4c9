package fuzz

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.jetify.com/typeid"
	"pgregory.net/rapid"
)

// Known are ids that the platform has, by the name of the parameter or property
// that holds one: user_id, product_id, …
type Known map[string][]string

// some is the last quarter of what is known.
func (k Known) some() Known {
	some := Known{}
	for name, ids := range k {
		some[name] = ids[len(ids)*3/4:]
	}
	return some
}

// maker makes the values of one request.
type maker struct {
	*rand.Rand
	doc   *Document
	known Known
	full  bool // nothing optional is left out
}

func pick[T any](m *maker, from []T) T { return from[m.IntN(len(from))] }

// value is a valid one of a schema; name is what it is of.
func (m *maker) value(name string, s schema) any {
	s = m.doc.resolve(s)
	if some := list(s["anyOf"]); some != nil {
		return m.value(name, object(pick(m, some)))
	}
	if some := list(s["enum"]); some != nil {
		return pick(m, some)
	}
	kind, _ := s["type"].(string)
	if some := list(s["type"]); some != nil {
		kind = text(pick(m, some))
	}
	switch kind {
	case "object":
		return m.object(s)
	case "array":
		items := make([]any, m.IntN(3)+int(number(s["minItems"], 0)))
		if m.full && len(items) == 0 {
			items = make([]any, 1)
		}
		for i := range items {
			items[i] = m.value(name, object(s["items"]))
		}
		return items
	case "integer", "number":
		least := number(s["minimum"], 0)
		most := number(s["maximum"], 1000)
		if m.IntN(6) == 0 {
			return pick(m, []int64{least, most})
		}
		return least + m.Int64N(min(most-least, 50)+1)
	case "boolean":
		return m.IntN(2) == 0
	case "null":
		return nil
	default:
		return m.text(name, s)
	}
}

func (m *maker) object(s schema) map[string]any {
	required := map[string]bool{}
	for _, name := range list(s["required"]) {
		required[text(name)] = true
	}
	o := map[string]any{}
	for _, name := range sorted(object(s["properties"])) {
		if required[name] || m.full || m.IntN(3) > 0 {
			o[name] = m.value(name, object(object(s["properties"])[name]))
		}
	}
	return o
}

func (m *maker) text(name string, s schema) string {
	if known := m.known[name]; known != nil && m.IntN(10) > 0 {
		return pick(m, known)
	}
	if example := text(first(list(s["examples"]))); strings.HasSuffix(name, "_id") && name != "workflow_id" && len(example) > 3 {
		return m.id(example[:3])
	}
	switch text(s["format"]) {
	case "email":
		return fmt.Sprintf("%s@%s.example", m.word(), m.word())
	case "uri":
		return fmt.Sprintf("https://%s.example/%s", m.word(), m.word())
	case "date-time":
		return time.Unix(m.Int64N(4e9), m.Int64N(1e9)).UTC().Format(time.RFC3339Nano)
	}
	if text(s["contentEncoding"]) == "base64" {
		return base64.StdEncoding.EncodeToString([]byte(m.word()))
	}
	if pattern := text(s["pattern"]); pattern != "" {
		return rapid.StringMatching(pattern).Example(int(m.Int32()))
	}
	least, most := int(number(s["minLength"], 0)), int(number(s["maxLength"], 60))
	return m.long(pick(m, []int{least, most, least + m.IntN(min(most-least, 40)+1)}))
}

func first(of []any) any {
	if len(of) == 0 {
		return nil
	}
	return of[0]
}

// id is a TypeID that nobody made.
func (m *maker) id(prefix string) string {
	var u uuid.UUID
	for i := range u {
		u[i] = byte(m.UintN(256))
	}
	u[6], u[8] = u[6]&0x0f|0x70, u[8]&0x3f|0x80
	id, err := typeid.FromUUIDBytesWithPrefix(prefix, u[:])
	if err != nil { // a prefix of three letters always is one
		panic(err)
	}
	return id.String()
}

func (m *maker) word() string { return fmt.Sprintf("w%x", m.Uint64()>>24) }

// long is a text of so many characters.
func (m *maker) long(n int) string {
	letters := []rune("abc XYZ-'&<é日本😀\u200fא")
	var b strings.Builder
	for range n {
		b.WriteRune(pick(m, letters))
	}
	return b.String()
}

func number(v any, otherwise int64) int64 {
	n, ok := v.(json.Number)
	if !ok {
		return otherwise
	}
	f, _ := n.Float64()
	return int64(f)
}
