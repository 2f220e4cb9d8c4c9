package product

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/text"
)

// MaxPage is the most products that a page holds.
const MaxPage = 100

// Sort is the sequence of a list.
type Sort string

// The sequences. Of what is the same in it, the product that was made first, or
// last in a descending one, comes first.
const (
	Newest    Sort = "-created_at" // the empty one too
	ByName    Sort = "name"        // whatever the case of its letters
	Cheapest  Sort = "price"       // by base price, whatever the currency
	Priciest  Sort = "-price"
	maxCursor      = 2000 // of the longest name, each letter escaped, in base64
)

// Filter narrows a list; empty fields do not.
type Filter struct {
	Category string
	Query    string // matches part of the name or description, case-insensitive
	MinBase  int64  // the least base price, in minor units
	Sort     Sort
	Limit    int // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor   string
}

// Page is a page of products.
type Page struct {
	Items      []Product
	NextCursor string // empty on the last page
}

// Matchable reports whether any product can match the filter: none holds what
// is no text.
func (f Filter) Matchable() bool { return text.Keepable(f.Category) && text.Keepable(f.Query) }

// Cursor is the last product of a page: the next one holds what comes after it.
type Cursor struct {
	Sort  Sort      `json:"s"`
	ID    uuid.UUID `json:"i"`
	At    time.Time `json:"t"`
	Name  string    `json:"n,omitempty"`
	Price int64     `json:"p,omitempty"`
}

// After is the cursor behind a product, opaque to clients.
func (f Filter) After(p Product) string {
	id, _ := IDPrefix.Parse(p.ID) // a product's own parses
	c := Cursor{Sort: f.sort(), ID: id}
	switch c.Sort {
	case ByName:
		c.Name = p.Name
	case Cheapest, Priciest:
		c.Price = p.BasePrice.Amount
	case Newest:
		c.At = p.CreatedAt
	}
	raw, err := json.Marshal(c)
	if err != nil { // a time of this era, text and numbers always marshal
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Begin gives the filter's sort and where its page begins; nil: at the start.
// Invalid, see List of the service.
func (f Filter) Begin() (Sort, *Cursor, error) {
	if !slices.Contains([]Sort{Newest, ByName, Cheapest, Priciest}, f.sort()) {
		return "", nil, fault.InvalidField("sort", "is not known")
	}
	if f.Cursor == "" {
		return f.sort(), nil, nil
	}
	var c Cursor
	raw, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	// Postgres compares no other years.
	if err != nil || len(f.Cursor) > maxCursor || c.Sort != f.sort() || !text.Keepable(c.Name) || c.At.Year() > 9999 || c.At.Year() < 0 {
		return "", nil, fault.InvalidField("cursor", "not a cursor of an earlier page")
	}
	return f.sort(), &c, nil
}

func (f Filter) sort() Sort {
	if f.Sort == "" {
		return Newest
	}
	return f.Sort
}
