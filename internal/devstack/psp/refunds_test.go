package psp_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/psp"
)

// captured gives the id of a new intent of 1999 that is captured.
func (b *bench) captured() string {
	b.t.Helper()
	intent := b.create(visa)
	require.Equal(b.t, http.StatusOK, b.post(intent+"/confirm", "").status)
	require.Equal(b.t, http.StatusOK, b.post(intent+"/capture", "").status)
	return intent[strings.LastIndex(intent, "/")+1:]
}

// TestPartialRefunds: many of an intent, each with its own amount in the log,
// and never more than was captured.
func TestPartialRefunds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.captured()
	first := b.post("/v1/refunds", "one", "payment_intent", id, "amount", "700", "metadata[refund_id]", "rfd_1")
	require.Equal(t, http.StatusOK, first.status)
	require.True(t, b.post("/v1/refunds", "one", "payment_intent", id, "amount", "700", "metadata[refund_id]", "rfd_1").replayed)
	require.Equal(t, "idempotency_error", b.post("/v1/refunds", "one", "payment_intent", id, "amount", "701").errorField("type"))
	tooMuch := b.post("/v1/refunds", "two", "payment_intent", id, "amount", "1300")
	require.Equal(t, http.StatusBadRequest, tooMuch.status)
	require.Equal(t, "amount", tooMuch.errorField("param"))
	for _, amount := range []string{"0", "-1", "some"} {
		require.Equal(t, "parameter_invalid_integer", b.post("/v1/refunds", "", "payment_intent", id, "amount", amount).errorField("code"))
	}
	charge := b.get("/v1/payment_intents/" + id + "?expand[]=latest_charge").body["latest_charge"].(object)
	require.EqualValues(t, 700, charge["amount_refunded"])
	require.Equal(t, false, charge["refunded"])
	require.Equal(t, http.StatusOK, b.post("/v1/refunds", "", "payment_intent", id).status, "the rest")
	require.Equal(t, "charge_already_refunded", b.post("/v1/refunds", "", "payment_intent", id, "amount", "1").errorField("code"))
	charge = b.get("/v1/payment_intents/" + id + "?expand[]=latest_charge").body["latest_charge"].(object)
	require.Equal(t, true, charge["refunded"])

	var log []string
	for _, e := range b.entries()[3:] {
		log = append(log, fmt.Sprint(e.Operation, " ", e.Outcome, " ", e.Amount, " ", e.Metadata["order_id"], " ", e.Metadata["refund_id"]))
	}
	require.Equal(t, []string{
		"refund succeeded 700 ord_1 rfd_1", "refund replayed 700 ord_1 ", "refund refused 1300 ord_1 ", "refund succeeded 1299 ord_1 ",
		"refund refused 1 ord_1 ",
	}, log)
	require.NotContains(t, b.entries()[0].Metadata, "refund_id")
}

// TestListRefunds: newest first, a page at a time.
func TestListRefunds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.captured()
	var want []string
	for range 12 {
		want = append([]string{b.post("/v1/refunds", "", "payment_intent", id, "amount", "1").body["id"].(string)}, want...)
	}
	list := func(query string) (ids []string, more any) {
		a := b.get("/v1/refunds?payment_intent=" + id + query)
		require.Equal(t, http.StatusOK, a.status, a.body)
		for _, r := range a.body["data"].([]any) {
			ids = append(ids, r.(object)["id"].(string))
		}
		return ids, a.body["has_more"]
	}
	for _, test := range []struct {
		query string
		want  []string
		more  bool
	}{
		{"", want[:10], true}, {"&limit=12", want, false}, {"&limit=5", want[:5], true},
		{"&limit=5&starting_after=" + want[4], want[5:10], true}, {"&limit=5&starting_after=" + want[9], want[10:], false},
	} {
		ids, more := list(test.query)
		require.Equal(t, test.want, ids, test.query)
		require.Equal(t, test.more, more, test.query)
	}
	require.Equal(t, http.StatusBadRequest, b.get("/v1/refunds?limit=101&payment_intent="+id).status)
	require.Equal(t, http.StatusNotFound, b.get("/v1/refunds?payment_intent=pi_none").status)
}

// TestOldJournal: the only refund of an intent, as an earlier version wrote it.
func TestOldJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	line := `{"intent":{"id":"pi_1","status":"succeeded","amount":1999,"currency":"eur","method":"pm_card_visa","metadata":{},"charge":"ch_1","received":1999,"refunded":1999,"refund":"re_1","created_at":"2026-11-21T00:00:00Z"}}` + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte(line), 0o600))
	b := setup(t, func(o *psp.Options) { o.Dir = dir })
	require.EqualValues(t, 1999, b.get("/v1/refunds/re_1").body["amount"])
	require.Len(t, b.get("/v1/refunds?payment_intent=pi_1").body["data"], 1)
	require.Equal(t, "charge_already_refunded", b.post("/v1/refunds", "", "payment_intent", "pi_1").errorField("code"))
}
