package psp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/psp"
)

const (
	visa          = "pm_card_visa"
	authenticated = "pm_card_authenticationRequired"
	soon          = 10 * time.Second
	often         = 10 * time.Millisecond
)

type object = map[string]any

// bench is a simulator behind a server, and a client of it.
type bench struct {
	t         *testing.T
	simulator *psp.Simulator
	url, key  string
}

// setup starts a simulator on a directory; what the test changes of its options
// holds.
func setup(t *testing.T, options ...func(*psp.Options)) *bench {
	t.Helper()
	o := psp.Options{Dir: t.TempDir(), PublicURL: "http://psp.test", WebhookSecret: "whsec_test"}
	for _, set := range options {
		set(&o)
	}
	simulator, err := psp.New(o)
	require.NoError(t, err)
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(func() {
		require.NoError(t, simulator.Close())
		server.Close()
	})
	return &bench{t: t, simulator: simulator, url: server.URL, key: "sk_test_any"}
}

type answer struct {
	status   int
	replayed bool
	body     object
}

func (a answer) errorField(name string) any {
	failure, _ := a.body["error"].(object)
	return failure[name]
}

// try sends a request of the API; the error is the client's.
func (b *bench) try(ctx context.Context, method, path, key string, form url.Values) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	r.Header.Set("Authorization", "Bearer "+b.key)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{status: response.StatusCode, replayed: response.Header.Get("Idempotent-Replayed") == "true"}
	return a, json.NewDecoder(response.Body).Decode(&a.body)
}

func (b *bench) post(path, key string, pairs ...string) answer {
	b.t.Helper()
	a, err := b.try(b.t.Context(), http.MethodPost, path, key, form(pairs...))
	require.NoError(b.t, err)
	return a
}

func (b *bench) get(path string) answer {
	b.t.Helper()
	a, err := b.try(b.t.Context(), http.MethodGet, path, "", nil)
	require.NoError(b.t, err)
	return a
}

// leave sends a request and leaves before there is an answer.
func (b *bench) leave(path, key string, pairs ...string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := b.try(ctx, http.MethodPost, path, key, form(pairs...))
	require.ErrorIs(b.t, err, context.DeadlineExceeded)
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func wanted(method string, more ...string) []string {
	return append([]string{
		"amount", "1999", "currency", "eur", "capture_method", "manual", "payment_method", method, "metadata[order_id]", "ord_1",
	}, more...)
}

// create gives the path of a new intent.
func (b *bench) create(method string) string {
	b.t.Helper()
	a := b.post("/v1/payment_intents", "", wanted(method)...)
	require.Equal(b.t, http.StatusOK, a.status, a.body)
	return "/v1/payment_intents/" + a.body["id"].(string)
}

func (b *bench) status(intent string) string { return b.get(intent).body["status"].(string) }

// plain sends a request that is not of the API.
func (b *bench) plain(method, path, accept, body string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	require.NoError(b.t, err)
	r.Header.Set("Accept", accept)
	response, err := http.DefaultClient.Do(r)
	require.NoError(b.t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return response.StatusCode, string(raw)
}

// fault sets a fault, and gives its id.
func (b *bench) fault(body string) string {
	b.t.Helper()
	status, answer := b.plain(http.MethodPost, "/_faults", "", body)
	require.Equal(b.t, http.StatusCreated, status, answer)
	var set object
	require.NoError(b.t, json.Unmarshal([]byte(answer), &set))
	return set["id"].(string)
}

// faults are those that are set.
func (b *bench) faults() (set []object) {
	b.t.Helper()
	_, answer := b.plain(http.MethodGet, "/_faults", "", "")
	require.NoError(b.t, json.Unmarshal([]byte(answer), &set))
	return set
}

// log gives the log as "operation outcome" lines.
func (b *bench) log() []string {
	b.t.Helper()
	out := []string{}
	for _, e := range b.entries() {
		out = append(out, e.Operation+" "+e.Outcome)
	}
	return out
}

func (b *bench) entries() []psp.Entry {
	b.t.Helper()
	_, raw := b.plain(http.MethodGet, "/_log", "", "")
	var entries []psp.Entry
	require.NoError(b.t, json.Unmarshal([]byte(raw), &entries))
	return entries
}
