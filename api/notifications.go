package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/notification"
)

// Notification is what a customer was told, or is about to be. Where they were told
// it is never shown.
type Notification struct {
	ID        string               `json:"id" example:"ntf_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	UserID    string               `json:"user_id" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	OrderID   *string              `json:"order_id" doc:"Null where it is about a payment of its own" example:"ord_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	PaymentID *string              `json:"payment_id" doc:"Null unless it asks to confirm a payment" example:"pay_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	EventID   string               `json:"event_id" doc:"The event that it is about" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab/2"`
	Type      notification.Type    `json:"type" enum:"order.confirmed,order.rejected,order.cancelled,order.failed,order.refunded,payment.action_required" doc:"The type of that event"`
	Channel   notification.Channel `json:"channel" enum:"email"`
	Status    notification.Status  `json:"status" enum:"pending,sending,sent,failed,skipped" doc:"sent: a mail server has taken it. failed: none will. skipped: there is nobody, or nothing, to tell any more"`
	Reason    string               `json:"reason,omitempty" doc:"Why it was skipped, or failed, or was not sent yet" example:"mail_server_unavailable"`
	Attempts  int                  `json:"attempts" doc:"How often it was tried to send it" example:"1"`
	Locale    string               `json:"locale,omitempty" doc:"The language that it is written in, once it was; BCP 47" example:"ko"`
	Subject   string               `json:"subject,omitempty" doc:"Its subject, once it was written. Left out where its user was deleted" example:"주문이 확정되었습니다"`
	SentAt    *time.Time           `json:"sent_at" doc:"Null unless it was sent"`
	CreatedAt time.Time            `json:"created_at"`
	UpdatedAt time.Time            `json:"updated_at"`
}

func toNotification(n notification.Notification) Notification {
	return Notification{
		ID: n.ID, UserID: n.UserID, OrderID: orNull(n.OrderID), PaymentID: orNull(n.PaymentID), EventID: n.EventID, Type: n.Type, Channel: n.Channel,
		Status: n.Status, Reason: n.Reason, Attempts: n.Attempts, Locale: n.Locale, Subject: n.Subject,
		SentAt: n.SentAt, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
	}
}

// orNull is null for an id that is not there.
func orNull(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

type listNotificationsInput struct {
	UserID string `query:"user_id" doc:"What this user was told only" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	PageQuery
}

type listNotificationsOutput struct{ Body page[Notification] }

func (c Config) registerNotifications(a huma.API) {
	huma.Register(a, operation("list-notifications", http.MethodGet, "/v1/notifications", "notifications", customers(readNotifications), "List notifications",
		"What customers were told, and what waits to be sent. Newest first. A customer sees their own."), c.listNotifications)
	c.registerDeadLetters(a)
}

func (c Config) listNotifications(ctx context.Context, in *listNotificationsInput) (*listNotificationsOutput, error) {
	userID, ok := within(ctx, in.UserID)
	if !ok {
		return &listNotificationsOutput{Body: newPage[notification.Notification](nil, toNotification, "")}, nil
	}
	found, err := c.Notices.ListNotifications(ctx, notification.Filter{UserID: userID, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listNotificationsOutput{Body: newPage(found.Items, toNotification, found.NextCursor)}, nil
}
