package fuzz

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Generator makes requests: the same seed and the same known ids, the same
// requests.
type Generator struct {
	Document *Document
	Known    Known
	Key      string   // a credential that may do everything
	Others   []string // credentials that may do less
	Seed     uint64
}

// Request makes the nth request. Operations take turns.
func (g Generator) Request(n int) Request {
	m := g.maker(n)
	op := g.Document.Operations[n%len(g.Document.Operations)]
	switch op.Method { // of what is known something is to be left, and as it was
	case http.MethodDelete:
		m.known = nil
	case http.MethodPut:
		m.known = g.Known.some()
	}
	d := m.valid(op)
	d.request.set("Authorization", "Bearer "+g.Key)
	switch m.IntN(3) {
	case 0:
		d.request.What = "as it should be"
	case 1:
		d.request.Kind = Mutated
		m.mutate(d)
	case 2:
		d.request.Kind = Hostile
		m.attack(d, g.Others)
	}
	return d.written()
}

func (g Generator) maker(n int) *maker {
	return &maker{Rand: rand.New(rand.NewPCG(g.Seed, uint64(n))), doc: g.Document, known: g.Known} //nolint:gosec // to be repeated, not to be secret
}

// draft is a request whose parts can still be changed.
type draft struct {
	request Request
	path    map[string]string
	query   url.Values
	body    any
	raw     []byte // the body as it is sent; nil: written from body
}

func (m *maker) valid(op *Operation) *draft {
	d := &draft{
		request: Request{Operation: op, Kind: Valid, Method: op.Method, Routed: true, Canary: fmt.Sprintf("canary%x", m.Uint64())},
		path:    map[string]string{}, query: url.Values{},
	}
	for _, p := range op.Parameters {
		if p.In != "path" && !m.full && m.IntN(2) == 0 {
			continue
		}
		value := fmt.Sprint(m.value(p.Name, p.Schema))
		if p.In == "header" {
			value = headerValue(value)
		}
		d.put(p, value)
	}
	if op.Body != nil {
		d.body = m.value("body", op.Body)
		d.request.set("Content-Type", "application/json")
	}
	return d
}

// headerValue is a text that a header can hold.
func headerValue(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s))
}

// written puts the parts together.
func (d *draft) written() Request {
	r := d.request
	if r.Path == "" {
		r.Path = r.Operation.Path
		for name, value := range d.path {
			r.Path = strings.ReplaceAll(r.Path, "{"+name+"}", url.PathEscape(value))
		}
	}
	if r.Query == "" {
		r.Query = d.query.Encode()
	}
	switch {
	case d.raw != nil:
		r.Body = d.raw
	case d.body != nil:
		r.Body, _ = json.Marshal(d.body) // of maps, lists, texts and numbers
	}
	return r
}

func sorted[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// site is a place in a body.
type site struct {
	object map[string]any // nil: it is in a list
	list   []any
	name   string
	index  int
}

func (s site) set(v any) {
	if s.object != nil {
		s.object[s.name] = v
	} else {
		s.list[s.index] = v
	}
}

func (s site) get() any {
	if s.object != nil {
		return s.object[s.name]
	}
	return s.list[s.index]
}

// sites are all places in a body.
func sites(body any) (all []site) {
	switch v := body.(type) {
	case map[string]any:
		for _, name := range sorted(v) {
			all = append(append(all, site{object: v, name: name}), sites(v[name])...)
		}
	case []any:
		for i := range v {
			all = append(append(all, site{list: v, index: i}), sites(v[i])...)
		}
	}
	return all
}
