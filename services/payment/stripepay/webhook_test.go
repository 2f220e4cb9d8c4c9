package stripepay_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/stripepay"
)

func signed(body, secret string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(body), Secret: secret, Timestamp: at}).Header
}

func TestEvents(t *testing.T) {
	t.Parallel()
	c := stripepay.New(stripepay.Config{WebhookSecret: secret})
	tests := map[string]struct {
		body string
		want payment.Event
	}{
		"of an intent": {
			`{"id":"evt_1","object":"event","api_version":"2019-01-01","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{"order_id":"ord_1"}}}}`,
			payment.Event{ID: "evt_1", Type: "payment_intent.succeeded", OrderID: "ord_1"},
		},
		"of its charge": {
			`{"id":"evt_2","object":"event","type":"charge.refunded","data":{"object":{"id":"ch_1","object":"charge","payment_intent":"pi_1","metadata":{"order_id":"ord_1"}}}}`,
			payment.Event{ID: "evt_2", Type: "charge.refunded", OrderID: "ord_1"},
		},
		"of a payment of its own": {
			`{"id":"evt_4","object":"event","type":"payment_intent.canceled","data":{"object":{"id":"pi_3","metadata":{"payment_id":"pay_1"}}}}`,
			payment.Event{ID: "evt_4", Type: "payment_intent.canceled", PaymentID: "pay_1"},
		},
		"of nobody's order": {
			`{"id":"evt_3","object":"event","type":"payment_intent.canceled","data":{"object":{"id":"pi_2","metadata":{}}}}`,
			payment.Event{ID: "evt_3", Type: "payment_intent.canceled"},
		},
	}
	for name, test := range tests {
		event, err := c.ParseEvent([]byte(test.body), signed(test.body, secret, time.Now()))
		require.NoError(t, err, name)
		require.Equal(t, test.want, event, name)
	}
}

func TestEventsThatAreNotTheProviders(t *testing.T) {
	t.Parallel()
	c := stripepay.New(stripepay.Config{WebhookSecret: secret})
	const body = `{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}`
	good := signed(body, secret, time.Now())
	tests := map[string]struct{ body, signature string }{
		"no signature":   {body, ""},
		"nonsense":       {body, "t=now,v1=abc"},
		"another secret": {body, signed(body, "whsec_other", time.Now())},
		"too old":        {body, signed(body, secret, time.Now().Add(-time.Hour))},
		"another body":   {body + " ", good},
		"no event":       {"[]", signed("[]", secret, time.Now())},
	}
	for name, test := range tests {
		_, err := c.ParseEvent([]byte(test.body), test.signature)
		require.ErrorIs(t, err, payment.ErrSignature, name)
	}
}
