package e2e_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/fuzz"
	"github.com/skaldhq/skald/test/stack"
)

// The canaries: what must not get out.
const (
	canaryCard  = "4242424242424242"
	canaryEmail = "canary@mail.example"
	canaryToken = "skald_ThatCanaryTokenWhichNobodyMade0123456" //nolint:gosec // it is nobody's
	canaryWord  = "hunter2-Canary-Pa55word"
	canaryState = "canary-of-a-Tracestate"
)

// TestCanary: a card number, an e-mail address, a credential and a password are sent
// in every place of every request, to a platform whose payloads are sealed. What can
// be told by its form is refused by the name of its place, but for a user's address.
// Afterwards the address is in the user's database only, the password only where
// people's own words are kept, and nothing else anywhere: not at the collector of
// traces either, though a request is part of the trace that its sender names.
func TestCanary(t *testing.T) {
	t.Parallel()
	c := collect(t)
	s := ownStack(t, "--encrypt", "--otel-endpoint", c.URL, "--limit-per-second", "0", "--limit-unknown-per-second", "0")
	b := &bench{T: t, Shop: s.NewShop(), stack: s, user: s.Users["alice"]}
	g := b.generator()
	client := &fuzz.Client{Address: strings.TrimPrefix(s.FrontDoor, "http://")}
	defer client.Close()
	for text, code := range map[string]string{canaryCard: "card_number_refused", canaryEmail: "email_refused", canaryToken: "credential_refused", canaryWord: ""} {
		for _, spot := range g.Everywhere(text) {
			a, err := client.Send(spot.Request)
			require.NoError(t, err)
			userSays := slices.Contains([]string{"create-user", "put-user"}, spot.Request.Operation.ID) && (spot.Field == "email" || spot.Field == "name")
			if code == "" || !spot.Read || code == "email_refused" && userSays {
				continue
			}
			var said refusal
			require.NoError(t, json.Unmarshal(a.Body, &said), spot.Request)
			require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", spot.Request, a.Body)
			require.Equal(t, code, said.Code, spot.Request)
			require.Equal(t, spot.Field, said.Errors[0].Field, spot.Request)
		}
	}
	b.do(http.MethodPost, "/v1/users", map[string]any{"email": "x" + canaryEmail, "name": "Kim", "locale": "en"}, http.StatusCreated)
	product := b.product(1999, 20)
	for _, state := range []string{canaryCard, canaryToken, canaryWord, canaryState} {
		b.place(b.order(product, 1, visa), http.StatusCreated, "Traceparent", "00-"+callersTrace+"-"+callersSpan+"-01", "Tracestate", "vendor="+state)
	}
	b.place(b.order(product, 1, visa), http.StatusCreated, "Traceparent", "00-"+canaryCard+"abcdefabcdefabcd-"+callersSpan+"-01")
	require.Eventually(t, func() bool {
		return whole(callersSpan, c.of(callersTrace)) && bytes.Contains(c.sent(), []byte("publish order.confirmed"))
	}, time.Minute, 200*time.Millisecond)
	found := whereabouts(t, s, canaryCard, canaryEmail, canaryToken, canaryWord, canaryState, visa)
	for _, canary := range []string{canaryCard, canaryEmail, canaryToken, canaryWord, canaryState} {
		require.NotContains(t, string(c.sent()), canary)
	}
	require.NotContains(t, c.ids(), canaryCard)
	require.Empty(t, found[canaryState])
	require.Empty(t, found[canaryCard])
	require.Empty(t, found[canaryToken])
	require.Equal(t, []string{"user"}, found[canaryEmail])
	require.Subset(t, peoplesWords, found[canaryWord])
	require.Subset(t, found[visa], []string{"order", "payment"}, "looking works")
}

// peoplesWords are the databases that keep what people write in their own words:
// names, descriptions and reasons. A password has no form by which it could be
// told from those.
var peoplesWords = []string{"order", "payment", "product", "user"}

// whereabouts tells of each text which databases it is in, and which files: logs,
// Temporal's, the broker's, the provider's. Postgres's own files are those of its
// databases.
func whereabouts(t *testing.T, s *stack.Stack, texts ...string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	look := func(where string, content []byte) {
		for _, text := range texts {
			if bytes.Contains(content, []byte(text)) {
				found[text] = append(found[text], where)
			}
		}
	}
	for service, url := range s.Databases {
		look(service, dump(t, url))
	}
	require.NoError(t, filepath.WalkDir(s.Data, func(path string, file fs.DirEntry, err error) error {
		if err != nil || !file.Type().IsRegular() || strings.HasPrefix(path, filepath.Join(s.Data, "postgres")) {
			return nil //nolint:nilerr // Postgres removes its files as it likes
		}
		if raw, err := os.ReadFile(path); err == nil {
			look(strings.TrimPrefix(path, s.Data), raw)
		}
		return nil
	}))
	for _, where := range found {
		slices.Sort(where)
	}
	return found
}
