package hostile_test

import (
	"bytes"
	"context"
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
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"github.com/skaldhq/skald/test/collector"
	"github.com/skaldhq/skald/test/fuzz"
	"github.com/skaldhq/skald/test/stack/stacktest"
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
// in every place of every request, to a platform whose payloads are sealed and to
// one where they are plain. What can be told by its form is refused by the name of
// its place, but for a user's address, and a webhook's URL, which is none. Afterwards
// the address is where the user is kept and where they are written to, the password
// only where people's own words are kept, and nothing else anywhere: not at the
// collector of traces either, though a request is part of the trace that its sender
// names.
func TestCanary(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"sealed": {"--encrypt"}, "plain": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			canary(t, args...)
		})
	}
}

func canary(t *testing.T, args ...string) {
	t.Helper()
	c := collector.Start(t)
	b := own(t, append(args, "--otel-endpoint", c.URL, "--limit-per-second", "0", "--limit-unknown-per-second", "0")...)
	g := b.generator()
	client := &fuzz.Client{Address: strings.TrimPrefix(b.URL, "http://")}
	defer client.Close()
	for text, code := range map[string]string{canaryCard: "card_number_refused", canaryEmail: "email_refused", canaryToken: "credential_refused", canaryWord: ""} {
		for _, spot := range g.Everywhere(text) {
			a, err := client.Send(spot.Request)
			require.NoError(t, err)
			userSays := slices.Contains([]string{"create-user", "put-user"}, spot.Request.Operation.ID) && (spot.Field == "email" || spot.Field == "name")
			if code == "" || !spot.Read || code == "email_refused" && userSays || code != "card_number_refused" && spot.Field == "url" {
				continue
			}
			var said refusal
			require.NoError(t, json.Unmarshal(a.Body, &said), spot.Request)
			require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", spot.Request, a.Body)
			require.Equal(t, code, said.Code, spot.Request)
			require.Equal(t, spot.Field, said.Errors[0].Field, spot.Request)
		}
	}
	b.User = b.ID(b.Want(http.MethodPost, "/v1/users", map[string]any{"email": "x" + canaryEmail, "name": "Kim", "locale": "en", "status": "active"}, http.StatusCreated))
	product := b.Product(1999, 20)
	for _, state := range []string{canaryCard, canaryToken, canaryWord, canaryState} {
		b.Buy(b.Basket(product, 1, visa), http.StatusCreated, "Traceparent", "00-"+collector.CallersTrace+"-"+collector.CallersSpan+"-01", "Tracestate", "vendor="+state)
	}
	bought := b.Buy(b.Basket(product, 1, visa), http.StatusCreated, "Traceparent", "00-"+canaryCard+"abcdefabcdefabcd-"+collector.CallersSpan+"-01").OrderID()
	require.Eventually(t, func() bool {
		return collector.Whole(collector.CallersSpan, c.Of(collector.CallersTrace)) && bytes.Contains(c.Sent(), []byte("publish order.confirmed"))
	}, time.Minute, 200*time.Millisecond)
	b.AwaitNotified(b.User, bought, "order.confirmed", "sent")
	for _, canary := range []string{canaryCard, canaryEmail, canaryToken, canaryWord, canaryState} {
		require.NotContains(t, string(c.Sent()), canary)
	}
	require.NotContains(t, c.IDs(), canaryCard)
	found := b.whereabouts(canaryCard, canaryEmail, canaryToken, canaryWord, canaryState, bought)
	for _, place := range []string{"order", "notification", "topic skald.order.events", "history order/" + bought, "/skald.log", "/temporal", "/mail", "/psp"} {
		require.True(t, slices.ContainsFunc(found[bought], func(where string) bool { return strings.HasPrefix(where, place) }), "looking works: %s", place)
	}
	require.Empty(t, found[canaryState])
	require.Empty(t, found[canaryCard])
	require.Empty(t, found[canaryToken])
	requirePlaces(t, found[canaryEmail], "user", "notification", "/mail/")
	requirePlaces(t, found[canaryWord], peoplesWords...)
	require.Contains(t, found[canaryEmail], "user")
	require.True(t, slices.ContainsFunc(found[canaryEmail], func(where string) bool { return strings.HasPrefix(where, "/mail/") }), "who bought was written to")
}

// requirePlaces: where something was found are these places, or parts of them.
func requirePlaces(t *testing.T, found []string, places ...string) {
	t.Helper()
	for _, where := range found {
		require.True(t, slices.ContainsFunc(places, func(place string) bool {
			return where == place || strings.HasSuffix(place, "/") && strings.HasPrefix(where, place)
		}), where)
	}
}

// peoplesWords are the databases that keep what people write in their own words:
// names, descriptions and reasons, and keys of requests. A password has no form by
// which it could be told from those.
var peoplesWords = []string{"notification", "order", "payment", "product", "user"}

// whereabouts tells of each text where it is: in which databases, topics and
// histories, and in which files: logs, Postgres's too, Temporal's, mail, the
// provider's. Postgres's other files are those of its databases; the broker's are
// compressed, and read by a consumer.
func (b *bench) whereabouts(texts ...string) map[string][]string {
	b.Helper()
	found := map[string][]string{}
	look := func(where string, content []byte) {
		for _, text := range texts {
			if bytes.Contains(content, []byte(text)) && !slices.Contains(found[text], where) {
				found[text] = append(found[text], where)
			}
		}
	}
	for service, url := range b.Stack.Databases {
		look(service, dump(b.T, url))
	}
	b.lookAtTopics(look)
	b.lookAtHistories(look)
	postgres := filepath.Join(b.Stack.Data, "postgres")
	raw, err := os.ReadFile(filepath.Join(postgres, "postgres.log"))
	require.NoError(b, err)
	require.Contains(b, string(raw), "ERROR:", "requests that a constraint refuses are logged: looking works")
	look("/postgres.log", raw)
	require.NoError(b, filepath.WalkDir(b.Stack.Data, func(path string, file fs.DirEntry, err error) error {
		if err != nil || !file.Type().IsRegular() || strings.HasPrefix(path, postgres) {
			return nil //nolint:nilerr // Postgres removes its files as it likes
		}
		if raw, err := os.ReadFile(path); err == nil {
			look(strings.TrimPrefix(path, b.Stack.Data), raw)
		}
		return nil
	}))
	return found
}

// lookAtTopics reads every event of every topic that there is by now.
func (b *bench) lookAtTopics(look func(where string, content []byte)) {
	b.Helper()
	consumer, err := kgo.NewClient(kgo.SeedBrokers(b.Stack.Kafka), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ConsumeRegex(), kgo.ConsumeTopics(".*"))
	require.NoError(b, err)
	defer consumer.Close()
	ends, err := kadm.NewClient(consumer).ListEndOffsets(b.Context())
	require.NoError(b, err)
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	require.Positive(b, left)
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	for left > 0 {
		fetched := consumer.PollFetches(ctx)
		require.NoError(b, fetched.Err(), "%d events are not read", left)
		fetched.EachRecord(func(r *kgo.Record) {
			look("topic "+r.Topic, slices.Concat(r.Key, []byte("\n"), r.Value))
			for _, h := range r.Headers {
				look("topic "+r.Topic, []byte(h.Key+": "+string(h.Value)))
			}
			left--
		})
	}
}

// lookAtHistories reads every event of every run, as Temporal gives it.
func (b *bench) lookAtHistories(look func(where string, content []byte)) {
	b.Helper()
	c := b.Temporal()
	for page := (&workflowservice.ListWorkflowExecutionsRequest{Namespace: "default"}); ; {
		runs, err := c.ListWorkflow(b.Context(), page)
		require.NoError(b, err)
		for _, run := range runs.Executions {
			raw, err := proto.Marshal(stacktest.History(b.T, c, run.Execution.WorkflowId))
			require.NoError(b, err)
			look("history "+run.Execution.WorkflowId, raw)
		}
		if page.NextPageToken = runs.NextPageToken; len(page.NextPageToken) == 0 {
			return
		}
	}
}
