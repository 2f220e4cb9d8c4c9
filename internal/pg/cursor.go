package pg

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/fault"
)

// Cursor is the last row of a page that is ordered by time and id, newest
// first: the next page holds what comes after it.
type Cursor struct {
	At time.Time
	ID uuid.UUID
}

// FirstPage is the cursor before the newest row.
func FirstPage() Cursor {
	return Cursor{At: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), ID: uuid.Max}
}

var errCursor = fault.InvalidField("cursor", "not a cursor of an earlier page")

// String encodes the cursor, opaque to clients.
func (c Cursor) String() string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.At.UnixMicro())) //nolint:gosec // two's complement, read back the same way
	return base64.RawURLEncoding.EncodeToString(append(b, c.ID[:]...))
}

// ParseCursor reads a cursor that String wrote; the empty one is FirstPage.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return FirstPage(), nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 24 {
		return Cursor{}, errCursor
	}
	c := Cursor{
		At: time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC(), //nolint:gosec // see String
		ID: uuid.UUID(b[8:]),
	}
	if c.At.Year() < 1970 || c.At.Year() > 9999 { // more than Postgres can compare
		return Cursor{}, errCursor
	}
	return c, nil
}

// Page takes away the row that was asked for beyond limit, and gives the cursor
// of the next page; empty on the last. at is a row's own cursor.
func Page[T any](rows []T, limit int, at func(T) Cursor) (page []T, next string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], at(rows[limit-1]).String()
}
