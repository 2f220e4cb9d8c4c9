package psp_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFaults: what each fault leaves behind, and what the same key gets then.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault      string
		hangs      bool
		status     int // of the answer, where there is one
		happened   bool
		nextStatus int
		replayed   bool
		log        []string
	}{
		"error before": {
			fault: `{"operation":"authorize","kind":"error_before","calls":1,"status":503}`, status: 503, nextStatus: 200,
			log: []string{"create succeeded", "authorize failed", "authorize succeeded"},
		},
		"error after": {
			fault: `{"operation":"authorize","kind":"error_after","calls":1}`, status: 500, happened: true, nextStatus: 500, replayed: true,
			log: []string{"create succeeded", "authorize succeeded", "authorize replayed"},
		},
		"hang before": {
			fault: `{"kind":"hang_before","calls":1}`, hangs: true, nextStatus: 200,
			log: []string{"create succeeded", "authorize failed", "authorize succeeded"},
		},
		"hang after": {
			fault: `{"operation":"authorize","kind":"hang_after","calls":1}`, hangs: true, happened: true, nextStatus: 200, replayed: true,
			log: []string{"create succeeded", "authorize succeeded", "authorize replayed"},
		},
		"delay": {
			fault: `{"operation":"authorize","kind":"delay","calls":1,"delay_ms":50}`, status: 200, happened: true, nextStatus: 200, replayed: true,
			log: []string{"create succeeded", "authorize succeeded", "authorize replayed"},
		},
		"processing": {
			fault: `{"operation":"authorize","kind":"processing","calls":1,"delay_ms":600000}`, status: 200, nextStatus: 200, replayed: true,
			log: []string{"create succeeded", "authorize processing", "authorize replayed"},
		},
		"of another operation": {
			fault: `{"operation":"capture","kind":"error_before","calls":1}`, status: 200, happened: true, nextStatus: 200, replayed: true,
			log: []string{"create succeeded", "authorize succeeded", "authorize replayed"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			intent := b.create(visa)
			b.fault(test.fault)
			if test.hangs {
				b.leave(intent+"/confirm", "key")
			} else {
				require.Equal(t, test.status, b.post(intent+"/confirm", "key").status)
			}
			if test.happened {
				require.Equal(t, "requires_capture", b.status(intent))
			}
			// The simulator may notice a moment later that its client left.
			var a answer
			require.Eventually(t, func() bool {
				a = b.post(intent+"/confirm", "key")
				return a.status != http.StatusConflict
			}, soon, often)
			require.Equal(t, test.nextStatus, a.status)
			require.Equal(t, test.replayed, a.replayed)
			require.Equal(t, test.log, b.log())
		})
	}
}

// TestProcessing: an intent that the bank works on is neither held nor can it
// be cancelled, until it is decided.
func TestProcessing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.create(visa)
	b.fault(`{"operation":"authorize","kind":"processing","calls":1,"delay_ms":1000}`)
	require.Equal(t, http.StatusOK, b.post(intent+"/confirm", "key").status)
	require.Equal(t, "processing", b.status(intent))
	require.Equal(t, http.StatusBadRequest, b.post(intent+"/cancel", "").status)
	require.Eventually(t, func() bool { return b.status(intent) == "requires_capture" }, soon, often)
	require.Equal(t, []string{"create succeeded", "authorize processing", "void refused", "authorize succeeded"}, b.log())
	another := b.create(visa)
	require.Equal(t, http.StatusOK, b.post(another+"/confirm", "").status)
	require.Equal(t, "requires_capture", b.status(another))
}

func TestFailedCreateIsLogged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fault(`{"operation":"create","kind":"error_before","calls":1}`)
	require.Equal(t, http.StatusInternalServerError, b.post("/v1/payment_intents", "k", wanted(visa)...).status)
	require.Equal(t, []string{"create failed"}, b.log())
	require.Equal(t, "EUR", b.entries()[0].Currency)
	require.Empty(t, b.entries()[0].Intent)
}

func TestReadsFailToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.create(visa)
	b.fault(`{"operation":"get","kind":"error_after","share":1}`)
	require.Equal(t, http.StatusInternalServerError, b.get(intent).status)
	require.Equal(t, http.StatusInternalServerError, b.get(intent).status)
	require.Equal(t, http.StatusOK, b.post(intent+"/confirm", "").status)
}

// TestFaultsOfOne: a fault for intents that carry some metadata spares all others.
func TestFaultsOfOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fault(`{"metadata":{"user_id":"usr_1"},"kind":"error_before","share":1}`)
	mine := []string{"metadata[order_id]", "ord_9", "metadata[user_id]", "usr_1"}
	require.Equal(t, http.StatusInternalServerError, b.post("/v1/payment_intents", "", wanted(visa, mine...)...).status)
	other := b.captured()
	refund := b.post("/v1/refunds", "", "payment_intent", other, "amount", "1")
	require.Equal(t, http.StatusOK, refund.status)
	require.Equal(t, http.StatusOK, b.get("/v1/refunds/"+refund.body["id"].(string)).status)

	_, _ = b.plain(http.MethodDelete, "/_faults", "", "")
	made := b.post("/v1/payment_intents", "", wanted(visa, mine...)...)
	require.Equal(t, http.StatusOK, made.status)
	b.fault(`{"metadata":{"user_id":"usr_1"},"kind":"error_before","share":1}`)
	require.Equal(t, http.StatusInternalServerError, b.post("/v1/payment_intents/"+made.body["id"].(string)+"/confirm", "").status)
	require.Equal(t, http.StatusInternalServerError, b.post("/v1/refunds", "", "payment_intent", made.body["id"].(string)).status)
}

// TestCloseEndsWhatHangs: neither a hanging request nor a late effect outlives
// the simulator.
func TestCloseEndsWhatHangs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.create(visa)
	b.fault(`{"operation":"authorize","kind":"late_effect","calls":1,"delay_ms":600000}`)
	hanging := make(chan error, 1)
	go func() {
		// Without a key: with one, Go's client sends the request again by itself.
		_, err := b.try(t.Context(), http.MethodPost, intent+"/confirm", "", nil)
		hanging <- err
	}()
	require.Eventually(t, func() bool { // the request has met the fault
		return len(b.faults()) == 0
	}, soon, often)
	require.NoError(t, b.simulator.Close())
	require.Error(t, <-hanging)
	require.Equal(t, []string{"create succeeded"}, b.log())
}

func TestSettingFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := map[string]string{
		`{"operation":"steal","kind":"delay","calls":1}`:        "operation",
		`{"kind":"explode","calls":1}`:                          "kind",
		`{"operation":"action","kind":"hang_before","calls":1}`: "kind",
		`{"kind":"processing","calls":1}`:                       "operation",
		`{"kind":"delay"}`:                                      "calls",
		`{"kind":"delay","calls":-1}`:                           "calls",
		`{"kind":"delay","share":1.5}`:                          "share",
		`{"kind":"delay","calls":1,"share":0.5}`:                "calls",
		`{"kind":"delay","calls":1,"delay_ms":-1}`:              "delay_ms",
		`{"kind":"error_before","calls":1,"status":404}`:        "status",
		`{"kind":"delay","calls":"many"}`:                       "calls",
		`{"kind":"delay","calls":1,"unheard":true}`:             "unheard",
		`{"kind":"delay","calls":1,"id":"mine"}`:                "id",
		`{"kind":"delay","calls":1,"met":7}`:                    "met",
	}
	for body, field := range tests {
		status, answer := b.plain(http.MethodPost, "/_faults", "", body)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.Contains(t, answer, field, body)
	}
	require.Empty(t, b.faults())
	refund := object{"operation": "refund", "kind": "delay", "share": 0.1, "delay_ms": 5.0, "met": 0.0}
	refund["id"] = b.fault(`{"operation":"refund","kind":"delay","share":0.1,"delay_ms":5}`)
	failed := object{"kind": "error_before", "calls": 2.0, "met": 0.0}
	failed["id"] = b.fault(`{"kind":"error_before","calls":2}`)
	require.Equal(t, []object{refund, failed}, b.faults())
	require.Equal(t, http.StatusInternalServerError, b.post("/v1/payment_intents", "", wanted(visa)...).status)
	failed["calls"], failed["met"] = 1.0, 1.0
	require.Equal(t, []object{refund, failed}, b.faults())
	require.Equal(t, http.StatusInternalServerError, b.post("/v1/payment_intents", "", wanted(visa)...).status)
	require.Equal(t, []object{refund}, b.faults(), "one whose calls are used up is gone")
	b.fault(`{"kind":"delay","calls":1}`)
	status, _ := b.plain(http.MethodDelete, "/_faults", "", "")
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, b.faults())
}

// TestRemovingOneFault: it tells how many calls met it, and leaves the others.
func TestRemovingOneFault(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.fault(`{"operation":"get","kind":"error_before","share":1}`)
	second := b.fault(`{"operation":"action","kind":"drop_webhook","share":1}`)
	require.NotEqual(t, first, second)
	remove := func(id string) (int, object) {
		status, raw := b.plain(http.MethodDelete, "/_faults/"+id, "", "")
		var body object
		require.NoError(t, json.Unmarshal([]byte(raw), &body))
		return status, body
	}
	paths := []string{b.create(visa), b.create(authenticated)}
	for _, path := range paths {
		require.Equal(t, http.StatusInternalServerError, b.get(path).status)
	}
	status, body := remove(first)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, object{"id": first, "operation": "get", "kind": "error_before", "share": 1.0, "met": 2.0}, body)
	require.Equal(t, http.StatusOK, b.get(paths[0]).status)
	status, _ = remove(first)
	require.Equal(t, http.StatusNotFound, status)

	require.Equal(t, http.StatusOK, b.post(paths[1]+"/confirm", "").status)
	status, _ = b.plain(http.MethodPost, strings.Replace(paths[1], "/v1/payment_intents", "/3ds", 1)+"/complete", "", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, second, b.faults()[0]["id"])
	_, body = remove(second)
	require.EqualValues(t, 1, body["met"])
	require.Empty(t, b.faults())
}
