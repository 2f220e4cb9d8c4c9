// Package standardwebhooks sends webhooks as the Standard Webhooks specification
// says (https://www.standardwebhooks.com), to addresses that strangers chose.
package standardwebhooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/outbound"
	"github.com/skaldhq/skald/services/notification"
)

// contentType is that of a body: an event, with all that is said of it.
const contentType = "application/cloudevents+json"

// userAgent names the sender in the logs of whoever gets a webhook.
const userAgent = "Skald-Webhooks/1"

// Sender is a notification.WebhookSender.
type Sender struct{ to *outbound.Client }

var _ notification.WebhookSender = (*Sender)(nil)

// New returns a sender.
func New(to *outbound.Client) *Sender { return &Sender{to: to} }

// Check tells why an address is never sent to.
func (s *Sender) Check(url string) error {
	switch err := s.to.Check(url); {
	case errors.Is(err, outbound.ErrRefused):
		return fault.InvalidField("url", "must lead to a public address, on a port that webhooks are sent to").Because(err)
	case err != nil:
		return fault.InvalidField("url", "must be an https:// URL with a host, without user, password and fragment, on a port that webhooks are sent to").Because(err)
	}
	return nil
}

// Send signs a message and sends it.
func (s *Sender) Send(ctx context.Context, m notification.WebhookMessage) (notification.WebhookAnswer, error) {
	header := http.Header{"Content-Type": {contentType}, "User-Agent": {userAgent}}
	header.Set(standard.HeaderWebhookID, m.ID)
	header.Set(standard.HeaderWebhookTimestamp, strconv.FormatInt(m.Time.Unix(), 10))
	var signatures []string
	for _, secret := range m.Secrets {
		by, err := standard.NewWebhook(secret)
		if err != nil {
			return notification.WebhookAnswer{}, fmt.Errorf("sign webhook %s: %w", m.ID, err)
		}
		signature, err := by.Sign(m.ID, m.Time, m.Body)
		if err != nil {
			return notification.WebhookAnswer{}, fmt.Errorf("sign webhook %s: %w", m.ID, err)
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) == 0 {
		return notification.WebhookAnswer{}, fmt.Errorf("sign webhook %s: there is no secret", m.ID)
	}
	header.Set(standard.HeaderWebhookSignature, strings.Join(signatures, " "))
	status, err := s.to.Post(ctx, m.URL, header, m.Body)
	if err != nil && ctx.Err() != nil { // nobody waits any more: it says nothing of the endpoint
		return notification.WebhookAnswer{}, ctx.Err()
	}
	return answer(status, err), nil
}

// answer is what came of a request, as coarse as strangers may know it, and what stands
// behind it.
func answer(status int, err error) notification.WebhookAnswer {
	switch {
	case errors.Is(err, outbound.ErrRefused), errors.Is(err, outbound.ErrURL):
		return notification.WebhookAnswer{Reason: notification.WebhookAddressRefused, Cause: err}
	case errors.Is(err, outbound.ErrTimeout):
		return notification.WebhookAnswer{Reason: notification.WebhookTimeout, Cause: err}
	case errors.Is(err, outbound.ErrTLS):
		return notification.WebhookAnswer{Reason: notification.WebhookTLSFailed, Cause: err}
	case err != nil:
		return notification.WebhookAnswer{Reason: notification.WebhookUnreachable, Cause: err}
	case status >= http.StatusOK && status < http.StatusMultipleChoices:
		return notification.WebhookAnswer{Status: status}
	}
	return notification.WebhookAnswer{Status: status, Reason: "http_" + strconv.Itoa(status)}
}
