package psp_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/psp"
)

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.post("/v1/payment_intents", "create", wanted(visa)...)
	again := b.post("/v1/payment_intents", "create", wanted(visa)...)
	require.False(t, first.replayed)
	require.True(t, again.replayed)
	require.Equal(t, first.body, again.body)

	other := b.post("/v1/payment_intents", "create", wanted(authenticated)...)
	require.Equal(t, http.StatusBadRequest, other.status)
	require.Equal(t, "idempotency_error", other.errorField("type"))

	intent := "/v1/payment_intents/" + first.body["id"].(string)
	require.Equal(t, "idempotency_error", b.post(intent+"/confirm", "create").errorField("type"), "the path counts")

	// A refusal is kept under its key too, although the capture is possible by now.
	require.Equal(t, http.StatusBadRequest, b.post(intent+"/capture", "early").status)
	require.Equal(t, http.StatusOK, b.post(intent+"/confirm", "confirm").status)
	early := b.post(intent+"/capture", "early")
	require.True(t, early.replayed)
	require.Equal(t, http.StatusBadRequest, early.status)
	require.Equal(t, []string{
		"create succeeded", "create replayed", "capture refused", "authorize succeeded", "capture replayed",
	}, b.log())
}

// TestKeyInUse: while a request runs, its key answers 409; after it, the answer.
func TestKeyInUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.create(visa)
	b.fault(`{"operation":"authorize","kind":"late_effect","calls":1,"delay_ms":600}`)
	b.leave(intent+"/confirm", "key")
	busy := b.post(intent+"/confirm", "key")
	require.Equal(t, http.StatusConflict, busy.status)
	require.Equal(t, "idempotency_key_in_use", busy.errorField("code"))
	require.Equal(t, "requires_confirmation", b.status(intent))
	require.Eventually(t, func() bool { return b.status(intent) == "requires_capture" }, soon, often)
	require.True(t, b.post(intent+"/confirm", "key").replayed)
	require.Equal(t, []string{"create succeeded", "authorize succeeded", "authorize replayed"}, b.log())
}

// TestRestart: the journal holds all of it, and a torn line is nothing.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(o *psp.Options) { o.Dir = dir }
	// No Close before the next opens: as after a kill.
	b := setup(t, in)
	a := b.post("/v1/payment_intents", "create", wanted(visa)...)
	intent := "/v1/payment_intents/" + a.body["id"].(string)
	require.Equal(t, http.StatusOK, b.post(intent+"/confirm", "confirm").status)
	require.Equal(t, http.StatusOK, b.post(intent+"/capture", "capture").status)
	refund := b.post("/v1/refunds", "refund", "payment_intent", a.body["id"].(string))

	journal := filepath.Join(dir, "journal.jsonl")
	file, err := os.OpenFile(journal, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(`{"intent":{"id":"pi_torn","sta`)
	require.NoError(t, err)
	require.NoError(t, file.Close())

	next := setup(t, in)
	require.Equal(t, b.entries(), next.entries())
	require.Equal(t, b.get(intent).body, next.get(intent).body)
	require.Equal(t, refund.body, next.get("/v1/refunds/"+refund.body["id"].(string)).body)
	again := next.post("/v1/payment_intents", "create", wanted(visa)...)
	require.True(t, again.replayed)
	require.Equal(t, a.body, again.body)

	require.NoError(t, next.simulator.Close())
	require.Equal(t, next.entries(), setup(t, in).entries(), "the line after a torn one is whole")
}

// TestDamagedJournal: a line that is none, before the last, is not passed over.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte("{}\nnonsense\n{}\n"), 0o600))
	_, err := psp.New(psp.Options{Dir: dir})
	require.ErrorContains(t, err, "byte 3")
}
