// Package walk looks through what clients send for what must not be in it, and
// tells where it is.
package walk

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Whole is where a text is that is in no field of its own: in a name, or in what is
// no JSON.
const Whole = "body"

const (
	// deepest is how many levels down a field is named.
	deepest = 20
	// bottomless is how deep no JSON is that anybody reads: encoding/json has the
	// same limit.
	bottomless = 10_000
)

// Question is what is looked for.
type Question struct {
	Meant  func(text string) bool
	Spared func(field string) bool // where it is no matter; nil: nowhere
}

// JSON finds the first text of a JSON document that one of the questions means, in
// any string, number or name at any depth, and tells where it is, as
// items[0].product_id, and by its index which question; -1 where there is none.
// What cannot be parsed is looked at as plain text.
func JSON(document []byte, questions ...Question) (at string, which int) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var path path
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return "", -1
		}
		if err != nil || len(path) > bottomless {
			return Whole, slices.IndexFunc(questions, func(q Question) bool { return q.Meant(string(document)) })
		}
		if path.expectsName() {
			if name, ok := token.(string); ok {
				if i := slices.IndexFunc(questions, func(q Question) bool { return q.Meant(name) }); i >= 0 {
					return path.String(), i
				}
				path.name(name)
				continue
			}
		}
		if i := slices.IndexFunc(questions, func(q Question) bool { return q.holds(token, path) }); i >= 0 {
			return path.String(), i
		}
		path.value(token)
	}
}

func (q Question) holds(token json.Token, at path) bool {
	var meant bool
	switch v := token.(type) {
	case string:
		meant = q.Meant(v)
	case json.Number:
		meant = q.Meant(v.String()) || q.Meant(plain(v))
	}
	return meant && (q.Spared == nil || !q.Spared(at.String()))
}

// plain is a number without an exponent.
func plain(n json.Number) string {
	f, err := n.Float64()
	if err != nil || f < 0 || f >= 1e19 { // longer than any number that is looked for: a card's
		return ""
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// path is where in a document the next token is.
type path []level

// level is an object or a list that is open.
type level struct {
	object, named bool
	field         string // of an object: the name that was read last
	index         int    // of a list
}

func (p path) expectsName() bool {
	return len(p) > 0 && p[len(p)-1].object && !p[len(p)-1].named
}

func (p path) name(name string) {
	p[len(p)-1].field, p[len(p)-1].named = name, true
}

// value follows a token that is no name.
func (p *path) value(token json.Token) {
	switch token {
	case json.Delim('{'):
		*p = append(*p, level{object: true})
		return
	case json.Delim('['):
		*p = append(*p, level{})
		return
	case json.Delim('}'), json.Delim(']'):
		*p = (*p)[:len(*p)-1]
	}
	if len(*p) == 0 {
		return
	}
	last := &(*p)[len(*p)-1]
	last.named = false
	last.index++
}

// String names the field, or the one around it where that is very deep.
func (p path) String() string {
	var b strings.Builder
	for _, l := range p[:min(len(p), deepest)] {
		switch {
		case !l.object:
			b.WriteString("[" + strconv.Itoa(l.index) + "]")
		case l.named:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(l.field)
		}
	}
	if b.Len() == 0 {
		return Whole
	}
	return b.String()
}
