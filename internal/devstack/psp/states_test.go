package psp_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStates: what each status allows, and what is logged of it.
func TestStates(t *testing.T) {
	t.Parallel()
	const unexpected = "payment_intent_unexpected_state"
	type step struct {
		do     string // confirm, capture, cancel, refund, complete, fail
		status int
		code   string // of the error
	}
	tests := map[string]struct {
		method string
		steps  []step
		ends   string
		log    string // after "create succeeded"
	}{
		"captured and refunded": {visa, []step{
			{do: "confirm", status: 200}, {do: "capture", status: 200}, {do: "refund", status: 200},
		}, "succeeded", "authorize succeeded, capture succeeded, refund succeeded"},
		"voided": {visa, []step{
			{do: "confirm", status: 200}, {do: "cancel", status: 200},
		}, "canceled", "authorize succeeded, void succeeded"},
		"nothing held": {visa, []step{{do: "cancel", status: 200}}, "canceled", "void nothing_held"},
		"declined once": {"pm_card_chargeDeclined", []step{
			{do: "confirm", status: 402, code: "card_declined"}, {do: "confirm", status: 400, code: unexpected}, {do: "cancel", status: 200},
		}, "canceled", "authorize declined, authorize refused, void nothing_held"},
		"authenticated": {authenticated, []step{
			{do: "confirm", status: 200}, {do: "capture", status: 400, code: unexpected}, {do: "complete", status: 200}, {do: "capture", status: 200},
		}, "succeeded", "authorize requires_action, capture refused, authorize succeeded, capture succeeded"},
		"not authenticated": {authenticated, []step{
			{do: "confirm", status: 200}, {do: "fail", status: 200}, {do: "complete", status: 409},
		}, "requires_payment_method", "authorize requires_action, authorize declined"},
		"cancelled while it waits": {authenticated, []step{
			{do: "confirm", status: 200}, {do: "cancel", status: 200}, {do: "complete", status: 409},
		}, "canceled", "authorize requires_action, void nothing_held"},
		"never twice": {visa, []step{
			{do: "capture", status: 400, code: unexpected}, {do: "refund", status: 400, code: unexpected},
			{do: "confirm", status: 200}, {do: "confirm", status: 400, code: unexpected},
			{do: "capture", status: 200}, {do: "capture", status: 400, code: unexpected}, {do: "cancel", status: 400, code: unexpected},
			{do: "refund", status: 200}, {do: "refund", status: 400, code: "charge_already_refunded"},
		}, "succeeded", "capture refused, refund refused, authorize succeeded, authorize refused, capture succeeded, capture refused, void refused, refund succeeded, refund refused"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			intent := b.create(test.method)
			id := intent[strings.LastIndex(intent, "/")+1:]
			for _, step := range test.steps {
				switch step.do {
				case "complete", "fail":
					status, body := b.plain(http.MethodPost, "/3ds/"+id+"/"+step.do, "application/json", "")
					require.Equal(t, step.status, status, body)
				case "refund":
					a := b.post("/v1/refunds", "", "payment_intent", id)
					require.Equal(t, step.status, a.status, a.body)
					if step.code != "" {
						require.Equal(t, step.code, a.errorField("code"))
					}
				default:
					a := b.post(intent+"/"+step.do, "")
					require.Equal(t, step.status, a.status, a.body)
					if step.code != "" {
						require.Equal(t, step.code, a.errorField("code"))
					}
				}
			}
			require.Equal(t, test.ends, b.status(intent))
			require.Equal(t, "create succeeded, "+test.log, strings.Join(b.log(), ", "))
		})
	}
}

// TestRequests that the API does not take leave nothing behind.
func TestRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := map[string]struct {
		form        []string
		code, param string
	}{
		"no amount":         {[]string{"currency", "eur"}, "parameter_invalid_integer", "amount"},
		"too much":          {[]string{"amount", "100000000", "currency", "eur"}, "amount_too_large", "amount"},
		"no currency":       {[]string{"amount", "1"}, "", "currency"},
		"automatic":         {[]string{"amount", "1", "currency", "eur", "capture_method", "automatic"}, "", "capture_method"},
		"unknown method":    {wanted("pm_card_unheard"), "resource_missing", "payment_method"},
		"nothing to charge": {wanted("", "confirm", "true"), "parameter_missing", "payment_method"},
	}
	for name, test := range tests {
		a := b.post("/v1/payment_intents", "key of "+name, test.form...)
		require.Equal(t, http.StatusBadRequest, a.status, name)
		require.Equal(t, test.param, a.errorField("param"), name)
		if test.code != "" {
			require.Equal(t, test.code, a.errorField("code"), name)
		}
		require.False(t, b.post("/v1/payment_intents", "key of "+name, test.form...).replayed, name)
	}
	intent := b.create(visa)
	require.Equal(t, http.StatusOK, b.post(intent+"/confirm", "").status)
	require.Equal(t, http.StatusBadRequest, b.post(intent+"/capture", "", "amount_to_capture", "1").status)
	require.Equal(t, http.StatusNotFound, b.get("/v1/payment_intents/pi_none").status)
	require.Equal(t, http.StatusNotFound, b.get("/v1/refunds/re_none").status)
	require.Equal(t, http.StatusNotFound, b.get("/v1/charges").status)
	status, _ := b.plain(http.MethodGet, intent, "", "")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, []string{"create succeeded", "authorize succeeded"}, b.log())
}

// TestShown: what the API shows of intents and refunds, and the log of amounts.
func TestShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.post("/v1/payment_intents", "k", wanted(visa, "confirm", "true")...)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, "requires_capture", a.body["status"])
	require.EqualValues(t, 1999, a.body["amount_capturable"])
	id := a.body["id"].(string)
	require.Equal(t, http.StatusOK, b.post("/v1/payment_intents/"+id+"/capture", "", "amount_to_capture", "1999").status)
	refund := b.post("/v1/refunds", "", "payment_intent", id, "amount", "1999")
	require.Equal(t, http.StatusOK, refund.status)
	require.Equal(t, refund.body, b.get("/v1/refunds/"+refund.body["id"].(string)).body)
	charge := b.get("/v1/payment_intents/" + id + "?expand[]=latest_charge").body["latest_charge"].(object)
	require.EqualValues(t, 1999, charge["amount_refunded"])
	require.Equal(t, charge["id"], b.get("/v1/payment_intents/" + id).body["latest_charge"], "an id, unless asked for")
	listed := b.get("/v1/payment_intents").body["data"].([]any)
	require.Len(t, listed, 1)

	require.Equal(t, []string{"create succeeded", "authorize succeeded", "capture succeeded", "refund succeeded"}, b.log())
	first := b.entries()[0]
	require.Equal(t, id, first.Intent)
	require.Equal(t, int64(1999), first.Amount)
	require.Equal(t, "EUR", first.Currency)
	require.Equal(t, "k", first.IdempotencyKey)
	require.Equal(t, map[string]string{"order_id": "ord_1"}, first.Metadata)
}

// TestCustomerPage: a person finds buttons, and the intent tells where.
func TestCustomerPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	intent := b.create(authenticated)
	next := b.post(intent+"/confirm", "").body["next_action"].(object)
	where := next["redirect_to_url"].(object)["url"].(string)
	path, ok := strings.CutPrefix(where, "http://psp.test")
	require.True(t, ok, where)
	status, page := b.plain(http.MethodGet, path, "text/html", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "Complete")
	require.Contains(t, page, "Fail")
	_, page = b.plain(http.MethodPost, path+"/complete", "text/html", "")
	require.Contains(t, page, "nothing left to do")
	status, _ = b.plain(http.MethodPost, "/3ds/pi_none/complete", "", "")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, "requires_capture", b.status(intent))
}
