package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/services/notification"
)

const (
	endpointsPath = "/v1/webhook-endpoints"
	endpointBody  = `{"url":"https://shop.example/","event_types":["order.confirmed"]}`
	asService     = "Bearer skald_s"
)

// TestCreateWebhookEndpoint: the secret is shown with it and nowhere else; a key leads
// to one id, and a URL that nobody asks is told by its field.
func TestCreateWebhookEndpoint(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for range 2 {
		res, out := call(h, http.MethodPost, endpointsPath, endpointBody, "Authorization", asService, "Idempotency-Key", "k")
		require.Equal(t, http.StatusCreated, res.Code)
		require.Equal(t, endpointsPath+"/whe_1", res.Header().Get("Location"))
		require.Equal(t, "whsec_secret", out["secret"])
	}
	made := w.webhooks.made
	require.Equal(t, made[0], made[1])
	require.Equal(t, "key_s", made[0].Owner)
	for _, path := range []string{endpointsPath, endpointsPath + "/whe_1"} {
		res, _ := call(h, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, res.Code)
		require.NotContains(t, res.Body.String(), "whsec_")
	}
	res, _ := call(h, http.MethodPost, endpointsPath, strings.Replace(endpointBody, "shop.example", "127.0.0.1", 1))
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)
	require.Contains(t, res.Body.String(), `"field":"url"`)
	require.NotContains(t, res.Body.String(), "127.0.0.1")

	w.webhooks.refusal = notification.ErrEndpointMismatch
	_, out := call(h, http.MethodPost, endpointsPath, endpointBody, "Idempotency-Key", "k")
	require.Equal(t, "idempotency_mismatch", out["code"])
	w.webhooks.refusal = notification.ErrWebhooksOff
	res, out = call(h, http.MethodPost, endpointsPath, endpointBody)
	require.Equal(t, []any{http.StatusConflict, "webhooks_off"}, []any{res.Code, out["code"]})
}

// TestWebhookEndpointsAreTheirOwn: an operator sees all; to another service it is as one
// that is not there.
func TestWebhookEndpointsAreTheirOwn(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.webhooks.endpoint.Owner = "key_another"
	res, out := call(h, http.MethodGet, endpointsPath, "", "Authorization", asService)
	require.Equal(t, http.StatusOK, res.Code)
	require.Empty(t, out["items"])
	for _, at := range []string{"", "/deliveries", "/secrets", "/deliveries/whd_1/redeliveries"} {
		method := http.MethodGet
		if strings.HasSuffix(at, "s") && at != "/deliveries" {
			method = http.MethodPost
		}
		theirs, _ := call(h, method, endpointsPath+"/whe_1"+at, "", "Authorization", asService)
		missing, _ := call(h, method, endpointsPath+"/whe_9"+at, "", "Authorization", asService)
		require.Equal(t, http.StatusNotFound, theirs.Code, at)
		require.Equal(t, withoutTrace(missing.Body.String()), withoutTrace(theirs.Body.String()))
		mine, _ := call(h, method, endpointsPath+"/whe_1"+at, "")
		require.Less(t, mine.Code, 300, at)
	}
}

// TestWebhookEndpointsOfOne: an operator may ask for those of one owner; a service sees
// its own whoever it asks for.
func TestWebhookEndpointsOfOne(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for _, as := range [][]string{nil, {"Authorization", asService}} {
		res, _ := call(h, http.MethodGet, endpointsPath+"?owner=key_another&limit=3", "", as...)
		require.Equal(t, http.StatusOK, res.Code)
	}
	require.Equal(t, []notification.EndpointFilter{{Owner: "key_another", Limit: 3}, {Owner: "key_s", Limit: 3}}, w.webhooks.listed)
}

// TestWebhookTypes: nobody is told by an endpoint of what they may not read, but for
// what the endpoint is told of already, where it is; nor has it told again, or elsewhere.
func TestWebhookTypes(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	create := func(as, kind string) (int, string) {
		res, _ := call(h, http.MethodPost, endpointsPath, `{"url":"https://shop.example/","event_types":["order.confirmed","`+kind+`"]}`, "Authorization", as)
		return res.Code, res.Body.String()
	}
	for name, kind := range event.Kinds() {
		code, answer := create("Bearer skald_t", string(kind.Types[0]))
		if name == "order" || name == "refund" {
			require.Equal(t, http.StatusCreated, code, name)
			continue
		}
		require.Equal(t, http.StatusForbidden, code, name)
		require.Contains(t, answer, `"field":"event_types[1]"`)
		require.Regexp(t, `needs the scope [a-z]+:read`, answer, name)
		code, _ = create(asService, string(kind.Types[0]))
		require.Equal(t, http.StatusCreated, code, "all scopes")
	}
	code, answer := create("Bearer skald_t", "weather.changed")
	require.Equal(t, http.StatusForbidden, code)
	require.Contains(t, answer, "without scopes")

	w.webhooks.endpoint.EventTypes = []string{"user.created"}
	for _, tc := range []struct {
		url, status, types string
		want               int
	}{
		{"https://shop.example/", "enabled", `"user.created","user.deleted"`, http.StatusForbidden},
		{"https://elsewhere.example/", "enabled", `"user.created"`, http.StatusForbidden},
		{"https://elsewhere.example/", "disabled", `"user.created"`, http.StatusForbidden},
		{"https://shop.example/", "disabled", `"user.created","order.confirmed"`, http.StatusOK},
		{"https://shop.example/", "enabled", `"user.created"`, http.StatusForbidden},
		{"https://elsewhere.example/", "disabled", `"order.confirmed"`, http.StatusOK},
		{"https://elsewhere.example/", "enabled", `"order.confirmed"`, http.StatusOK},
		{"https://shop.example/", "enabled", `"order.confirmed"`, http.StatusOK},
	} {
		body := `{"url":"` + tc.url + `","status":"` + tc.status + `","event_types":[` + tc.types + `]}`
		res, _ := call(h, http.MethodPut, endpointsPath+"/whe_1", body, "Authorization", "Bearer skald_t", "If-Match", "*")
		require.Equal(t, tc.want, res.Code, body)
	}
	redeliver := func() (int, string) {
		res, _ := call(h, http.MethodPost, endpointsPath+"/whe_1/deliveries/whd_1/redeliveries", "", "Authorization", "Bearer skald_t")
		return res.Code, res.Body.String()
	}
	code, _ = redeliver()
	require.Equal(t, http.StatusAccepted, code)
	w.webhooks.endpoint.EventTypes = []string{"user.created"}
	code, answer = redeliver()
	require.Equal(t, http.StatusForbidden, code)
	require.Contains(t, answer, `{"field":"delivery_id","message":"needs the scope users:read"}`)
	require.Len(t, w.webhooks.again, 1)
}

// TestPutWebhookEndpoint: nobody changes what they have not seen; what is left out of
// the status stays.
func TestPutWebhookEndpoint(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	const path, other = endpointsPath + "/whe_1", `{"url":"https://other.example/","event_types":["refund.done"]}`
	res, _ := call(h, http.MethodPut, path, endpointBody)
	require.Equal(t, http.StatusOK, res.Code, "it changes nothing")
	tag := res.Header().Get("ETag")
	res, out := call(h, http.MethodPut, path, other)
	require.Equal(t, []any{http.StatusPreconditionRequired, "precondition_required"}, []any{res.Code, out["code"]})
	res, out = call(h, http.MethodPut, path, strings.Replace(other, "{", `{"status":"disabled",`, 1), "If-Match", tag)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "disabled", out["status"])
	res, _ = call(h, http.MethodPut, path, endpointBody, "If-Match", tag)
	require.Equal(t, http.StatusPreconditionFailed, res.Code)
	w.webhooks.meantime = func() { w.webhooks.endpoint.Version++ }
	res, out = call(h, http.MethodPut, path, endpointBody, "If-Match", "*")
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "disabled", out["status"], "as it was")

	res, _ = call(h, http.MethodDelete, path, "", "If-Match", tag)
	require.Equal(t, http.StatusPreconditionFailed, res.Code)
	res, _ = call(h, http.MethodDelete, path, "")
	require.Equal(t, http.StatusNoContent, res.Code)
	require.Equal(t, []int64{0}, w.webhooks.deleted)
}

// TestRotateAndRedeliver: what is asked for again under the same key is asked for once.
func TestRotateAndRedeliver(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for range 2 {
		res, out := call(h, http.MethodPost, endpointsPath+"/whe_1/secrets", "", "Idempotency-Key", "k")
		require.Equal(t, http.StatusCreated, res.Code)
		require.Equal(t, "whsec_secret", out["secret"])
		res, out = call(h, http.MethodPost, endpointsPath+"/whe_1/deliveries/whd_1/redeliveries", "", "Idempotency-Key", "k")
		require.Equal(t, http.StatusAccepted, res.Code)
		require.Equal(t, []any{"pending", nil, "timeout", "webhook/whd_1"}, []any{out["status"], out["last_status"], out["last_reason"], out["workflow_id"]})
	}
	require.Equal(t, w.webhooks.rotated[0], w.webhooks.rotated[1])
	require.Equal(t, w.webhooks.again[0], w.webhooks.again[1])
	res, out := call(h, http.MethodPost, endpointsPath+"/whe_1/deliveries/whd_9/redeliveries", "")
	require.Equal(t, []any{http.StatusNotFound, "webhook_delivery_not_found"}, []any{res.Code, out["code"]})
	w.webhooks.refusal = notification.ErrEndpointDisabled
	res, out = call(h, http.MethodPost, endpointsPath+"/whe_1/deliveries/whd_1/redeliveries", "")
	require.Equal(t, []any{http.StatusConflict, "webhook_endpoint_disabled"}, []any{res.Code, out["code"]})

	res, out = call(h, http.MethodGet, endpointsPath+"/whe_1/deliveries?status=failed&limit=2", "", "Authorization", asService)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "more", out["next_cursor"])
	require.Equal(t, notification.WebhookDeliveryFilter{
		Endpoint: notification.EndpointRef{ID: "whe_1", Owner: "key_s"}, Status: notification.WebhookFailed, Limit: 2,
	}, w.webhooks.filtered[0])
}
