package hostile_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/fuzz"
	"github.com/skaldhq/skald/test/stack"
)

// What a client must not send, and sends.
const (
	card        = "5105105105105100"
	cardGrouped = "4012 8888 8888 1881"
	token       = "skald_canaryTokenThatNobodyMade0123456789abcd" //nolint:gosec // it is nobody's
	password    = "hunter2-canary-Pa55word!"
)

// refusal is a problem that names a field.
type refusal struct {
	Code   string
	Errors []struct{ Field, Message string }
}

// TestNoLeaks: a card number in any place of any request is refused by the name of
// the place, and is nowhere afterwards: in no database, no history, no log, no
// file. Neither is a token or a password that came where none belongs.
func TestNoLeaks(t *testing.T) {
	t.Parallel()
	b := own(t)
	g := b.generator()
	client := &fuzz.Client{Address: strings.TrimPrefix(b.URL, "http://")}
	defer client.Close()
	for _, number := range []string{card, cardGrouped} {
		for _, spot := range g.Everywhere(number) {
			a, err := client.Send(spot.Request)
			require.NoError(t, err)
			require.NotContains(t, string(a.Body), number, spot.Request)
			if !spot.Read {
				continue
			}
			var said refusal
			require.NoError(t, json.Unmarshal(a.Body, &said), spot.Request)
			require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", spot.Request, a.Body)
			require.Equal(t, "card_number_refused", said.Code, spot.Request)
			require.Equal(t, spot.Field, said.Errors[0].Field, spot.Request)
		}
	}
	for _, secret := range []string{token, password} {
		for _, spot := range g.Everywhere(secret) {
			if kept := spot.Read && spot.Field != "password" && spot.Field != "card.number" && spot.Field != "anything" && spot.Field != "query"; kept {
				continue // it is a name, a reason or a key: its client's to choose
			}
			_, err := client.Send(spot.Request)
			require.NoError(t, err)
		}
	}
	b.Buy(b.Basket(b.Product(1999, 5), 1, visa), http.StatusCreated) // what is found must be findable
	b.RequireInvariants()
	requireNowhere(t, b.Stack, visa, card, cardGrouped, token, password, b.Key)
}

// requireNowhere looks through every database, and every file of the platform:
// logs, Temporal's histories, the broker's and the provider's records. What is
// there in any case shows that looking works.
func requireNowhere(t *testing.T, s *stack.Stack, there string, secrets ...string) {
	t.Helper()
	seen := map[string]bool{}
	look := func(where string, content []byte) {
		for _, secret := range secrets {
			require.False(t, bytes.Contains(content, []byte(secret)), "%.12s… is in %s", secret, where)
		}
		if bytes.Contains(content, []byte(there)) {
			seen[where] = true
		}
	}
	require.Len(t, s.Databases, 7)
	for service, url := range s.Databases {
		look(service, dump(t, url))
	}
	require.NoError(t, filepath.WalkDir(s.Data, func(path string, file fs.DirEntry, err error) error {
		if own := []string{"demo.json", "stack.json"}; err != nil || !file.Type().IsRegular() || file.Name() == own[0] || file.Name() == own[1] {
			return nil //nolint:nilerr // Postgres removes its files as it likes
		}
		raw, err := os.ReadFile(path)
		if err == nil {
			look(strings.TrimPrefix(path, s.Data), raw)
		}
		return nil
	}))
	for _, where := range []string{"order", "payment"} {
		require.True(t, seen[where], "%s is not looked at", where)
	}
	histories := false
	for where := range seen {
		histories = histories || strings.HasPrefix(where, "/temporal/")
	}
	require.True(t, histories, "Temporal's histories are not looked at: %v", seen)
}

// dump is every row of a database as text.
func dump(t *testing.T, url string) []byte {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), "SELECT format('SELECT t::text FROM %I.%I t', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	var all bytes.Buffer
	for _, table := range tables {
		rows, err := conn.Query(t.Context(), table)
		require.NoError(t, err)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		all.WriteString(strings.Join(found, "\n"))
	}
	return all.Bytes()
}

// TestMassAssignment: what only the server says is refused in every body, by the
// name of the property.
func TestMassAssignment(t *testing.T) {
	t.Parallel()
	b := &bench{platform.Shared(t)}
	g := b.generator()
	client := &fuzz.Client{Address: strings.TrimPrefix(b.URL, "http://")}
	defer client.Close()
	operations := map[string]bool{}
	for _, spot := range g.Owned() {
		a, err := client.Send(spot.Request)
		require.NoError(t, err)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", spot.Request, a.Body)
		var said refusal
		require.NoError(t, json.Unmarshal(a.Body, &said))
		named := false
		for _, e := range said.Errors {
			named = named || e.Field == spot.Field
		}
		require.True(t, named, "%s is not named: %s", spot.Field, a.Body)
		operations[spot.Request.Operation.ID] = true
	}
	for _, op := range g.Document.Operations {
		if op.Body != nil && op.ID != "receive-stripe-event" { // which takes the provider's bytes as they are
			require.True(t, operations[op.ID], op.ID)
		}
	}
}
