package walk_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldhq/skald/api/cards"
	"github.com/skaldhq/skald/api/walk"
)

// TestAnywhere: a text is found anywhere in a document, by its place.
func TestAnywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		document, want := buried(t, "secret")
		raw, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if at, which := walk.JSON(raw, walk.Question{Meant: is("secret")}); which != 0 || at != want {
			t.Fatalf("%s: found %d at %q, not at %q", raw, which, at, want)
		}
	})
}

func is(word string) func(string) bool { return func(text string) bool { return text == word } }

// buried puts a text somewhere into a document, and tells where.
func buried(t *rapid.T, text string) (document any, at string) {
	document = text
	for range rapid.IntRange(1, 8).Draw(t, "depth") {
		if at != "" && at[0] != '[' {
			at = "." + at
		}
		if rapid.Bool().Draw(t, "list") {
			before := rapid.IntRange(0, 3).Draw(t, "index")
			list := make([]any, before+1)
			list[before] = document
			document, at = list, fmt.Sprintf("[%d]%s", before, at)
			continue
		}
		name := rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "name")
		document, at = map[string]any{name: document, "a_": "other", "b_": 7}, name+at
	}
	return document, at
}

// TestQuestions: one walk answers several questions; each spares what it spares.
func TestQuestions(t *testing.T) {
	t.Parallel()
	a, b := walk.Question{Meant: is("a")}, walk.Question{Meant: is("b"), Spared: is("here")}
	for _, tc := range []struct {
		document, at string
		which        int
	}{
		{`{"x":"b","y":"a"}`, "x", 1},
		{`{"here":"b","y":"a"}`, "y", 0},
		{`{"here":"a"}`, "here", 0},
		{`{"here":{"here":"b"}}`, "here.here", 1},
		{`{"here":"b"}`, "", -1},
	} {
		at, which := walk.JSON([]byte(tc.document), a, b)
		require.Equal(t, tc.which, which, tc.document)
		require.Equal(t, tc.at, at, tc.document)
	}
}

// TestJSON: what is no string, or no JSON.
func TestJSON(t *testing.T) {
	t.Parallel()
	deep, bottomless := strings.Repeat(`{"a":[`, 4_000), strings.Repeat("[", 1<<20)
	for _, tc := range []struct {
		name, document, at string
		found              bool
	}{
		{"number", `{"items":[{"quantity":1},{"quantity":4242424242424242}]}`, "items[1].quantity", true},
		{"number with a fraction", `{"a":4242424242424242.0}`, "a", true},
		{"number with an exponent", `{"a":4.242424242424242e15}`, "a", true},
		{"negative", `[-4242424242424242]`, "[0]", true},
		{"escaped", `{"a":"\u0034242424242424242"}`, "a", true},
		{"name", `{"a":{"4242424242424242":1}}`, "a", true},
		{"name at the top", `{"4242424242424242":1}`, "body", true},
		{"twice the same name", `{"a":"4242424242424242","a":1}`, "a", true},
		{"second document", `{"a":1} "4242424242424242"`, "body", true},
		{"text", `"4242 4242 4242 4242"`, "body", true},
		{"cut", `{"a":"4242424242424242`, "body", true},
		{"no JSON", `pan=4242424242424242`, "body", true},
		{"deep", deep + `"4242424242424242"`, strings.Repeat("a[0].", 10), true},
		{"deep and nothing", deep, "", false},
		{"bottomless", bottomless + `"4242424242424242"`, "body", true},
		{"bottomless and nothing", bottomless, "", false},
		{"none", `{"a":[1,2,3,{"b":null}],"c":true,"d":1e400}`, "", false},
		{"empty", ``, "", false},
	} {
		at, which := walk.JSON([]byte(tc.document), walk.Question{Meant: cards.Within})
		require.Equal(t, tc.found, which == 0, tc.name)
		if tc.found {
			require.Equal(t, strings.TrimSuffix(tc.at, "."), at, tc.name)
		}
	}
}
