package fuzz

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// ServerOwned are properties that only the server says, with what a client that
// wants more than is its own would say.
func ServerOwned() map[string]any {
	money := map[string]any{"amount": 1, "currency": "EUR"}
	return map[string]any{
		"id": "ord_01k9m2v6y7e4p8s0t2w4x6z8ab", "status": "confirmed", "role": "operator", "roles": []string{"operator"}, "version": 99,
		"created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z", "created_by": "root", "revoked_at": nil, "revoked_by": "root",
		"user_id": "usr_01k9m2v6y7e4p8s0t2w4x6z8ab", "order_id": "ord_01k9m2v6y7e4p8s0t2w4x6z8ab", "payment_id": "pay_01k9m2v6y7e4p8s0t2w4x6z8ab",
		"total": money, "unit_price": money, "price": money, "current_price": money, "refunded": money, "amount": money, "captured": 1,
		"reserved": -5, "available": 1000, "stock": map[string]any{"on_hand": 1000}, "saga": map[string]any{"state": "completed"},
		"failure": nil, "next_action": nil, "cancellation": nil, "workflow_id": "order/x", "key": "skald_x", "secret": "x", "hash": "x",
		"by": "root", "at": "2020-01-01T00:00:00Z", "caller": "root", "before": "parked", "after": "running", "degraded": []string{"pricing"}, "__proto__": map[string]any{"role": "operator"},
	}
}

// mutate changes one thing of a valid request.
func (m *maker) mutate(d *draft) {
	ways := []func(*draft) bool{m.badQuery, m.badPath, m.badHeader}
	if d.body != nil {
		ways = append(ways, m.badValue, m.badValue, m.badValue, m.badShape, m.badShape, m.badText, m.badText)
	}
	m.Shuffle(len(ways), func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
	for _, way := range ways {
		if way(d) {
			return
		}
	}
	d.request.What = "unknown query parameter"
	d.query.Set(pick(m, []string{"debug", "admin", "user", "Limit", "fields"}), d.request.Canary)
}

// odd are values that break one constraint or another.
func (m *maker) odd(canary string) any {
	return pick(m, []any{
		nil, true, -1, 0, 1, 0.5, json.Number("-0.0"), int64(math.MaxInt64), json.Number("9223372036854775808"), json.Number("-9223372036854775809"), json.Number("1e400"), json.Number("1e18"),
		json.Number("100000000000000000000000000000000000000"), "", " ", "0", "null", canary, canary + "\x00", "\x00", canary + "\u202e\u05d0", "\ufeff" + canary, strings.Repeat("é", 101) + canary,
		strings.Repeat("x", 600), strings.Repeat("日", 5001), []any{}, []any{canary}, map[string]any{}, map[string]any{"a": canary}, []any{nil}, nested(100, canary),
		"9999-12-31T23:59:60Z", "0000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", canary + "@", "a@b@" + canary, "EUR\n", "eur", "XXX", "pm_" + canary, "pm_" + canary + "\n", "en-" + canary,
	})
}

func nested(depth int, inside any) any {
	for range depth {
		inside = []any{inside}
	}
	return inside
}

func (m *maker) badValue(d *draft) bool {
	all := sites(d.body)
	if len(all) == 0 {
		return false
	}
	d.request.What = "another value"
	pick(m, all).set(m.odd(d.request.Canary))
	return true
}

// badShape leaves a property out, or adds one.
func (m *maker) badShape(d *draft) bool {
	objects := []map[string]any{}
	for _, s := range append(sites(d.body), site{list: []any{d.body}}) {
		if o, ok := s.get().(map[string]any); ok {
			objects = append(objects, o)
		}
	}
	if len(objects) == 0 {
		return false
	}
	o := pick(m, objects)
	names := sorted(o)
	switch way := m.IntN(3); {
	case len(names) > 0 && way == 0:
		d.request.What = "property missing"
		delete(o, pick(m, names))
	case len(names) > 0 && way == 1:
		d.request.What = "name in another case"
		name := pick(m, names)
		o[strings.ToUpper(name[:1])+name[1:]] = o[name]
		delete(o, name)
	default:
		d.request.What = "property of the server's"
		owned := ServerOwned()
		name := pick(m, sorted(owned))
		if _, there := o[name]; !there {
			o[name] = owned[name]
		}
	}
	return true
}

// badText writes the body in another way than JSON wants it.
func (m *maker) badText(d *draft) bool {
	raw, _ := json.Marshal(d.body)
	canary := d.request.Canary
	d.request.What = "body written badly"
	d.raw = pick(m, [][]byte{
		{}, raw[:len(raw)/2], append(slices.Clone(raw), raw...), append(slices.Clone(raw), canary...), append([]byte(canary), raw...), []byte("null"), []byte(`"` + canary + `"`), []byte("[]"), []byte("{}"),
		bytes.Replace(raw, []byte(`{`), []byte(`{"reason":"first","name":"first","reason":"`+canary+`",`), 1),
		bytes.Replace(raw, []byte(`":"`), []byte(`":"\ud800`+canary), 1), bytes.Replace(raw, []byte(`":"`), []byte("\":\"\xff\xfe"+canary), 1), bytes.Replace(raw, []byte(`":"`), []byte("\":\"\x01"+canary), 1),
		bytes.ReplaceAll(raw, []byte(`"`), []byte(`'`)), append([]byte("\xef\xbb\xbf"), raw...), []byte(strings.Repeat("[", 100_000)), []byte(strings.Repeat(`{"items":`, 11_000)), []byte("NaN"), []byte("{\"a\":1e99999}"),
		append(bytes.Repeat([]byte(" "), 1<<20), raw...), bytes.Repeat([]byte("x"), 1<<20+1),
	})
	return true
}

func (m *maker) badQuery(d *draft) bool {
	for _, p := range d.request.Operation.Parameters {
		if p.In == "query" && m.IntN(2) == 0 {
			d.request.What = "query parameter"
			d.query.Set(p.Name, pick(m, []string{"", "0", "-1", "101", "1e9", "999999999999999999999", d.request.Canary, "\x00", "null", strings.Repeat("x", 300), "AAAA", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59Z", "+Inf", "אב", "\xff"}))
			if m.IntN(4) == 0 {
				d.query.Add(p.Name, d.request.Canary)
			}
			return true
		}
	}
	return false
}

func (m *maker) badPath(d *draft) bool {
	for name := range d.path {
		d.request.What = "path parameter"
		d.path[name] = pick(m, []string{
			d.request.Canary, "ord_" + d.request.Canary, m.id("xxx"), strings.ToUpper(d.path[name]), d.path[name] + "x", " " + d.path[name], d.path[name] + "\x00", "\x00", "null", "-1", "0", "日本", "\u202e", "\xff\xfe",
			strings.Repeat("x", 500), "order/" + d.request.Canary, "*", "@", "%", "a b", "00000000-0000-0000-0000-000000000000", "ord_00000000000000000000000000", "usr_7zzzzzzzzzzzzzzzzzzzzzzzzz",
		})
		return true
	}
	return false
}

func (m *maker) badHeader(d *draft) bool {
	for _, p := range d.request.Operation.Parameters {
		if p.In != "header" {
			continue
		}
		d.request.What = "header " + p.Name
		d.request.set(p.Name, pick(m, []string{
			"", d.request.Canary, strings.Repeat("k", 256), strings.Repeat("k", 5000), "é" + d.request.Canary, "\xff", "wait=-1", "wait=0", "wait=x, wait=1", "respond-async; a=" + d.request.Canary, ",,,", `"`, "*", `W/"` + d.request.Canary + `"`,
		}))
		return true
	}
	return false
}
