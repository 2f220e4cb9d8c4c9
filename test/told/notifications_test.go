package told_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/devstack/mailsink"
	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// box is the mail of a platform.
type box struct {
	*bench
	dir string
}

// read reads the text of the mail of a notification, and to whom it went.
func (x box) read(n stacktest.Notified) (subject, text, to string) {
	x.Helper()
	raw, err := os.ReadFile(mailsink.File(x.dir, messageID(n.EventID)))
	require.NoError(x, err)
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	require.NoError(x, err)
	subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(x, err)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(x, err)
	part, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
	require.NoError(x, err)
	var body io.Reader = part
	switch part.Header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		body = quotedprintable.NewReader(part)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, part)
	}
	plain, err := io.ReadAll(body)
	require.NoError(x, err)
	return subject, string(plain), m.Header.Get("To")
}

// messageID is that of the mail about an event.
func messageID(eventID string) string {
	return "<" + strings.ReplaceAll(eventID, "/", ".") + ".email@skald.example>"
}

// TestNotifications: customers are told in their language what became of their orders,
// once; a mail server that is away holds up no order; who was deleted is told nothing,
// and nothing of them is kept.
func TestNotifications(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink, err := mailsink.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = sink.Close() })
	b := &bench{platform.Own(t, "--mail-server", sink.Addr, "--action-timeout", "2m")}
	x := box{bench: b, dir: dir}
	product := b.Product(2900, 100)
	korean, koreanMail := b.NewUser("ko-KR")
	english, englishMail := b.NewUser("en-GB")
	order := func(userID, method string, want int) (orderID string, a stack.Answer) {
		b.User = userID
		a = b.Buy(b.Basket(product, 1, method), want)
		return a.OrderID(), a
	}
	cancel := func(orderID string) {
		b.Want(http.MethodPut, "/v1/orders/"+orderID+"/cancellation", nil, http.StatusAccepted)
	}
	expect := func(userID, orderID, kind, subject, says, to string) {
		n := b.AwaitNotified(userID, orderID, kind, "sent")
		require.Equal(t, subject, n.Subject)
		gotSubject, text, gotTo := x.read(n)
		require.Equal(t, subject, gotSubject)
		require.Contains(t, text, says)
		require.Contains(t, gotTo, to)
		if kind != "payment.action_required" {
			require.NotContains(t, text, "http", "only who has to act gets a link")
			require.Contains(t, text, orderID)
		}
	}

	confirmed, _ := order(korean, visa, http.StatusCreated)
	expect(korean, confirmed, "order.confirmed", "주문이 확정되었습니다", "€29.00", koreanMail)
	rejected, _ := order(english, declined, http.StatusPaymentRequired)
	expect(english, rejected, "order.rejected", "Your order could not be taken", "The payment was declined.", englishMail)
	waits, a := order(english, authenticated, http.StatusAccepted)
	expect(english, waits, "payment.action_required", "Please confirm your payment", a.Order.NextAction.URL, englishMail)
	cancel(waits)
	expect(english, waits, "order.cancelled", "Your order is cancelled", "Nothing was charged", englishMail)
	cancel(confirmed)
	expect(korean, confirmed, "order.refunded", "주문이 환불되었습니다", "€29.00", koreanMail)

	require.NoError(t, sink.Close())
	begun := time.Now()
	late, _ := order(english, visa, http.StatusCreated)
	t.Logf("an order without a mail server: %s", time.Since(begun).Round(time.Millisecond))
	require.Eventually(t, func() bool { return b.Notifications(english)[0].Reason == "mail_server_unavailable" }, time.Minute, 50*time.Millisecond)
	require.NotEqual(t, "sent", b.Notifications(english)[0].Status)
	x.requireGone(product)
	addr := sink.Addr
	require.Eventually(t, func() bool { // its port may be another's for a while
		sink, err = mailsink.Start(dir, addr)
		return err == nil
	}, time.Minute, 100*time.Millisecond)
	expect(english, late, "order.confirmed", "Your order is confirmed", "€29.00", englishMail)

	b.requirePoison()
	b.Want(http.MethodDelete, "/v1/users/"+english, nil, http.StatusNoContent)
	require.Eventually(t, func() bool {
		for _, n := range b.Notifications(english) {
			if n.Subject+n.Locale != "" {
				return false
			}
		}
		return true
	}, time.Minute, 100*time.Millisecond)
	deliveries, err := mailsink.Deliveries(dir)
	require.NoError(t, err)
	require.Len(t, deliveries, 6)
	for _, d := range deliveries {
		require.False(t, d.Repeated)
	}
	metrics := b.Metrics()
	for _, want := range []string{
		`skald_notifications_total{status="sent",type="order.confirmed"} 2`, `skald_consumer_dead_letters_total{code="event_unreadable",consumer="skald.notifications"} 1`,
	} {
		require.Contains(t, metrics, want)
	}
	require.Regexp(t, regexp.MustCompile(`skald_notifications_total\{status="pending",type="order.confirmed"\} [1-9]`), metrics)
}

// requireGone: a user who is deleted before they could be told is told nothing.
func (x box) requireGone(product string) {
	x.Helper()
	gone, _ := x.NewUser("en")
	x.User = gone
	id := x.Buy(x.Basket(product, 1, visa), http.StatusCreated).OrderID()
	x.AwaitNotified(gone, id, "order.confirmed", "pending")
	x.Want(http.MethodDelete, "/v1/users/"+gone, nil, http.StatusNoContent)
	require.Equal(x, "user_deleted", x.AwaitNotified(gone, id, "order.confirmed", "skipped").Reason)
}

// requirePoison: a record that is no event is a dead letter, which an operator sees and
// has dealt with again; it is dead still then.
func (b *bench) requirePoison() {
	b.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(b.Stack.Kafka))
	require.NoError(b, err)
	defer c.Close()
	require.NoError(b, c.ProduceSync(context.Background(), &kgo.Record{Topic: "skald.order.events", Value: []byte("poison")}).FirstErr())
	type letter struct {
		ID, Consumer, State, Code string
		Replays                   []struct{ Outcome, Code, By string }
	}
	var page struct{ Items []letter }
	look := func(done func() bool) {
		b.Helper()
		require.Eventually(b, func() bool {
			a := b.Want(http.MethodGet, "/v1/dead-letters", nil, http.StatusOK)
			require.NotContains(b, string(a.Body), "poison", "what it holds is not shown")
			require.NoError(b, json.Unmarshal(a.Body, &page))
			page.Items = slices.DeleteFunc(page.Items, func(l letter) bool { return l.Consumer != "skald.notifications" }) // webhooks have theirs
			return done()
		}, time.Minute, 100*time.Millisecond)
	}
	look(func() bool { return len(page.Items) == 1 })
	require.Equal(b, "event_unreadable", page.Items[0].Code)
	b.Want(http.MethodPost, "/v1/dead-letters/"+page.Items[0].ID+"/replays", map[string]any{"reason": "a test"}, http.StatusAccepted)
	look(func() bool { return page.Items[0].State == "dead" })
	require.Equal(b, "failed", page.Items[0].Replays[0].Outcome)
	require.Equal(b, "event_unreadable", page.Items[0].Replays[0].Code)
	require.Equal(b, "operator", page.Items[0].Replays[0].By)
}
