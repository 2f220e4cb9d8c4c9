package fuzz

import (
	"fmt"
	"strings"
)

// Spot is one place of one operation's requests, and a request that has something
// there.
type Spot struct {
	Field   string // as a problem names it
	Read    bool   // the operation reads what is there
	Request Request
}

// Everywhere puts a text, alone and within another, into every place of every
// operation's requests, one at a time.
func (g Generator) Everywhere(text string) (all []Spot) {
	for i, op := range g.Document.Operations {
		drafts := func() *draft {
			m := g.maker(i)
			m.full = true
			d := m.valid(op)
			d.request.set("Authorization", "Bearer "+g.Key)
			d.request.What = "spot"
			return d
		}
		add := func(field string, read bool, change func(*draft)) {
			d := drafts()
			change(d)
			all = append(all, Spot{Field: field, Read: read, Request: d.written()})
		}
		for _, p := range op.Parameters {
			conditional := strings.HasPrefix(p.Name, "If-") || p.Name == "Stripe-Signature"
			add(p.Name, !conditional, func(d *draft) { d.put(p, text) })
			add(p.Name, !conditional, func(d *draft) { d.put(p, "before "+text+" after") })
		}
		add("anything", true, func(d *draft) { d.query.Set("anything", text) })
		add("query", true, func(d *draft) { d.query.Set(text, "1") })
		for _, name := range []string{"Cookie", "User-Agent", "Referer", "X-Api-Key", "Proxy-Authorization", "X-Forwarded-For", "Traceparent", "Tracestate", "Accept", "Accept-Language", "Origin", "If-Match"} {
			add(name, false, func(d *draft) { d.request.set(name, text) })
		}
		add("Authorization", false, func(d *draft) { d.request.set("Authorization", "Bearer "+text) })
		add("Authorization", false, func(d *draft) { d.request.set("Authorization", "Basic "+text) })
		if _, ok := drafts().body.(map[string]any); !ok {
			continue
		}
		for _, at := range fields("", drafts().body) {
			add(at, !g.Document.open(op), func(d *draft) { find(d.body, at).set(text) })
			add(at, !g.Document.open(op), func(d *draft) { find(d.body, at).set("before " + text + " after") })
		}
		add("password", !g.Document.open(op), func(d *draft) { d.body.(map[string]any)["password"] = text })
		add("card.number", !g.Document.open(op), func(d *draft) { d.body.(map[string]any)["card"] = map[string]any{"number": text} })
		add("body", !g.Document.open(op), func(d *draft) { d.body.(map[string]any)[text] = 1 })
		add("body", !g.Document.open(op), func(d *draft) { d.raw = []byte(`{"a":"` + text) })
		add("body", !g.Document.open(op), func(d *draft) { d.raw = []byte("a=" + text) })
	}
	return all
}

// Owned puts each property that only the server says into every object of every
// operation's body that has none of that name, one at a time.
func (g Generator) Owned() (all []Spot) {
	for i, op := range g.Document.Operations {
		full := func() map[string]any {
			m := g.maker(i)
			m.full = true
			body, _ := m.value("body", op.Body).(map[string]any)
			return body
		}
		if op.Body == nil || g.Document.open(op) || full() == nil {
			continue
		}
		for _, at := range append(fields("", full()), "") {
			for _, name := range sorted(ServerOwned()) {
				m := g.maker(i)
				m.full = true
				d := m.valid(op)
				body := full()
				o := body
				if at != "" {
					o, _ = find(body, at).get().(map[string]any)
				}
				if _, there := o[name]; len(o) == 0 || there { // one without properties of its own is a map: any name is
					continue
				}
				o[name] = ServerOwned()[name]
				d.body = body
				d.request.set("Authorization", "Bearer "+g.Key)
				all = append(all, Spot{Field: strings.TrimPrefix(at+"."+name, "."), Read: true, Request: d.written()})
			}
		}
	}
	return all
}

// put sets a parameter.
func (d *draft) put(p Parameter, text string) {
	switch p.In {
	case "path":
		d.path[p.Name] = text
	case "query":
		d.query.Set(p.Name, text)
	case "header":
		d.request.set(p.Name, text)
	}
}

// fields names every place in a body, as items[0].product_id.
func fields(at string, body any) (all []string) {
	switch v := body.(type) {
	case map[string]any:
		for _, name := range sorted(v) {
			here := strings.TrimPrefix(at+"."+name, ".")
			all = append(append(all, here), fields(here, v[name])...)
		}
	case []any:
		for i := range v {
			here := fmt.Sprintf("%s[%d]", at, i)
			all = append(append(all, here), fields(here, v[i])...)
		}
	}
	return all
}

// find gives the place of a name that fields gave.
func find(body any, at string) site {
	names, places := fields("", body), sites(body)
	for i, name := range names {
		if name == at {
			return places[i]
		}
	}
	panic("no place " + at) // they go through a body in the same order
}
