// Package id makes and reads the ids the outside sees: a TypeID, which is a
// prefix that names the kind and a UUIDv7 in base 32. Databases hold the plain
// UUID. Specification: https://github.com/jetify-com/typeid.
package id

import (
	"fmt"

	"github.com/google/uuid"
	"go.jetify.com/typeid"
)

// Prefix names the kind of thing an id stands for.
type Prefix string

// New returns a fresh id, ordered by time.
func (p Prefix) New() string { return p.Format(uuid.Must(uuid.NewV7())) }

// Format writes a UUID as an id of this kind.
func (p Prefix) Format(u uuid.UUID) string {
	t, err := typeid.FromUUIDBytesWithPrefix(string(p), u[:])
	if err != nil { // the prefix is a constant of the program
		panic(fmt.Sprintf("id prefix %q: %v", string(p), err))
	}
	return t.String()
}

// Parse reads an id of this kind. The error never repeats the input.
func (p Prefix) Parse(s string) (uuid.UUID, error) {
	t, err := typeid.FromString(s)
	if err != nil || t.Prefix() != string(p) {
		return uuid.Nil, fmt.Errorf("not an id that starts with %s_", string(p))
	}
	return uuid.UUID(t.UUIDBytes()), nil
}

// ParseAll reads the first of many ids, at most so many. What is none of this
// kind is left out.
func (p Prefix) ParseAll(ids []string, most int) []uuid.UUID {
	parsed := make([]uuid.UUID, 0, len(ids))
	for _, s := range ids[:min(len(ids), most)] {
		if u, err := p.Parse(s); err == nil {
			parsed = append(parsed, u)
		}
	}
	return parsed
}
