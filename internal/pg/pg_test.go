package pg_test

import (
	"context"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/pg"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	taken := fault.New(fault.Conflict, "taken", "Taken.")
	c := pg.Constraints{"users_email_once": taken}
	for name, tc := range map[string]struct {
		err  error
		kind fault.Kind
	}{
		"a constraint of ours":    {&pgconn.PgError{Code: "23505", ConstraintName: "users_email_once"}, fault.Conflict},
		"a constraint of nobody":  {&pgconn.PgError{Code: "23505", ConstraintName: "other"}, fault.Internal},
		"deadlock":                {&pgconn.PgError{Code: "40P01"}, fault.Unavailable},
		"too many connections":    {&pgconn.PgError{Code: "53300"}, fault.Unavailable},
		"shutting down":           {&pgconn.PgError{Code: "57P01"}, fault.Unavailable},
		"a standby":               {&pgconn.PgError{Code: "25006"}, fault.Unavailable},
		"lock not available":      {&pgconn.PgError{Code: "55P03"}, fault.Unavailable},
		"syntax":                  {&pgconn.PgError{Code: "42601"}, fault.Internal},
		"no rows":                 {pgx.ErrNoRows, fault.Internal},
		"no connection":           {errors.New("connection refused"), fault.Unavailable},
		"deadline":                {context.DeadlineExceeded, fault.Unavailable},
		"a fault passes as it is": {taken, fault.Conflict},
	} {
		require.Equal(t, tc.kind, fault.KindOf(c.Translate(tc.err)), name)
	}
	require.NoError(t, c.Translate(nil))
}

func TestCursor(t *testing.T) {
	t.Parallel()
	c := pg.Cursor{At: time.Date(2026, 11, 21, 1, 2, 3, 4000, time.UTC), ID: uuid.Must(uuid.NewV7())}
	parsed, err := pg.ParseCursor(c.String())
	require.NoError(t, err)
	require.Equal(t, c, parsed)
	first, err := pg.ParseCursor("")
	require.NoError(t, err)
	require.Equal(t, pg.FirstPage(), first)
	outside := base64.RawURLEncoding.EncodeToString(append([]byte{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, make([]byte, 16)...))
	for _, bad := range []string{"x", "!!!!", c.String() + "AA", outside} {
		_, err := pg.ParseCursor(bad)
		require.Equal(t, "cursor", fault.From(err).Field, bad)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	rows := []pg.Cursor{{At: time.UnixMicro(3).UTC(), ID: uuid.New()}, {At: time.UnixMicro(2).UTC(), ID: uuid.New()}, {At: time.UnixMicro(1).UTC(), ID: uuid.New()}}
	own := func(c pg.Cursor) pg.Cursor { return c }
	page, next := pg.Page(rows, 2, own)
	require.Equal(t, rows[:2], page)
	require.Equal(t, rows[1].String(), next, "the next page holds what comes after the last of this one")
	page, next = pg.Page(rows, 3, own)
	require.Equal(t, rows, page)
	require.Empty(t, next)
}
