package told_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// TestWebhooks drives a delivery to each of its ends, and looks at its history. With
// SKALD_RECORD set it records a history of each end that has none yet.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	c := platform.Shared(t).Temporal()
	for name, drive := range map[string]func(*hook){
		"delivered": func(h *hook) {
			h.happens()
			d := h.await("delivered")
			require.Equal(h, []int64{1, http.StatusOK}, []int64{d.Attempts, *d.LastStatus})
			require.NoError(h, h.verified(h.secret), "by the specification's own library")
			got := h.messages()[0]
			require.Equal(h, d.EventID, got.header.Get("webhook-id"))
			var e struct{ ID, Type, Subject string }
			require.NoError(h, json.Unmarshal(got.body, &e))
			require.Equal(h, []string{d.EventID, d.EventType, h.subject}, []string{e.ID, e.Type, e.Subject})
		},
		"retried": func(h *hook) { // it fails twice, then takes it
			h.answers(http.StatusInternalServerError, http.StatusFound)
			h.happens()
			d := h.await("delivered")
			require.EqualValues(h, 3, d.Attempts)
			got := h.messages()
			require.Len(h, got, 3)
			for _, again := range got[1:] {
				require.Equal(h, got[0].header.Get("webhook-id"), again.header.Get("webhook-id"))
				require.Equal(h, got[0].body, again.body)
			}
			require.NoError(h, h.verified(h.secret))
		},
		"slow": func(h *hook) {
			h.answers(hang, hang) // the second is seen for as long as the longer pause
			h.happens()
			h.awaitReason("timeout")
			require.EqualValues(h, 3, h.await("delivered").Attempts)
		},
		"failed": func(h *hook) {
			h.answers(http.StatusTeapot, http.StatusTeapot, http.StatusTeapot)
			h.happens()
			d := h.await("failed")
			require.Equal(h, []any{int64(3), "http_418"}, []any{d.Attempts, *d.LastReason})
			require.Nil(h, d.NextAttemptAt)
		},
		"gone": func(h *hook) {
			h.answers(http.StatusGone)
			h.happens()
			d := h.await("failed")
			require.Equal(h, []any{int64(1), "http_410"}, []any{d.Attempts, *d.LastReason})
			require.Equal(h, []string{"disabled", "gone"}, h.status())
		},
		"disabled": func(h *hook) {
			h.waiting()
			h.disable()
			d := h.await("failed")
			require.Equal(h, []any{int64(2), "endpoint_disabled"}, []any{d.Attempts, *d.LastReason})
			h.Want(http.MethodPost, h.path("/deliveries/"+d.ID+"/redeliveries"), nil, http.StatusConflict)
		},
		"deleted": func(h *hook) {
			h.waiting()
			h.Want(http.MethodDelete, h.path(""), nil, http.StatusNoContent)
		},
		"redelivered": func(h *hook) {
			h.happens()
			d := h.await("delivered")
			stacktest.ClosedHistory(h.T, c, d.WorkflowID)
			h.redeliver(d)
			h.awaitMessages(2)
			require.EqualValues(h, 2, h.await("delivered").Attempts)
			require.NoError(h, h.verified(h.secret))
		},
		"redelivered_while_waiting": func(h *hook) {
			h.redeliver(h.waiting())
			require.EqualValues(h, 3, h.await("delivered").Attempts)
		},
		"rotated": func(h *hook) {
			before := h.secret
			h.rotate()
			h.happens()
			h.await("delivered")
			require.NotEqual(h, before, h.secret)
			require.NoError(h, h.verified(h.secret))
			require.NoError(h, h.verified(before), "for a day")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHook(t)
			drive(h)
			run := stacktest.ClosedHistory(t, c, h.workflowID)
			h.requireNothingIn(run.String(), h.secret, h.endpoint.URL)
			h.requireToldInTheUI(c)
			h.Recorded("DeliverWebhook", name, run)
		})
	}
}

// TestWebhookAddresses: what leads into our own networks, as far as its text tells, is
// refused by the name of its field; nothing of it is repeated.
func TestWebhookAddresses(t *testing.T) {
	t.Parallel()
	b := platform.Shared(t)
	for _, url := range []string{
		"https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::ffff:10.0.0.1]/", "http://192.168.1.1/", "https://[fd00::1]/",
		"https://user:password@shop.example/", "ftp://shop.example/", "https://shop.example/#a", "shop.example",
	} {
		a := b.Want(http.MethodPost, "/v1/webhook-endpoints", map[string]any{"url": url, "event_types": []string{"order.created"}}, http.StatusUnprocessableEntity)
		require.Contains(t, string(a.Body), `"field":"url"`)
		require.NotContains(t, string(a.Body), "10.0.0.1")
	}
	a := b.Want(http.MethodPost, "/v1/webhook-endpoints", map[string]any{"url": "https://shop.example/", "event_types": []string{"order.lost"}}, http.StatusUnprocessableEntity)
	require.Contains(t, string(a.Body), `"field":"event_types[0]"`)
}

// requireToldInTheUI: the run says in the Web UI what it is about.
func (h *hook) requireToldInTheUI(c client.Client) {
	h.Helper()
	d, err := c.DescribeWorkflow(context.Background(), h.workflowID, "")
	require.NoError(h, err)
	summary, err := d.GetStaticSummary()
	require.NoError(h, err)
	require.Equal(h, "Webhook product.deleted to "+h.endpoint.ID, summary)
}

// requireNothingIn: a history holds none of these.
func (h *hook) requireNothingIn(history string, secrets ...string) {
	h.Helper()
	for _, secret := range secrets {
		require.NotContains(h, history, secret)
	}
}
