package told_test

import (
	"context"
	"net/http"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/internal/event/eventtest"
)

// TestEvents: a consumer of every topic is told what became of an order, of its
// payment and of its units, in order, by the AsyncAPI document.
func TestEvents(t *testing.T) {
	t.Parallel()
	b := platform.Shared(t)
	document := eventtest.Read(t, "../..")
	product := b.Product(1999, 10)
	bought := b.Buy(b.Basket(product, 1, visa), http.StatusCreated).Order
	refused := b.Buy(b.Basket(product, 1, declined), http.StatusPaymentRequired).Problem.OrderID

	want := map[string][]event.Type{ // topic and subject
		"skald.order.events " + bought.ID:          {event.OrderCreated, event.OrderConfirmed},
		"skald.payment.events " + bought.PaymentID: {event.PaymentInitiated, event.PaymentAuthorized, event.PaymentCaptured},
		"skald.inventory.events " + bought.ID:      {event.ReservationReserved, event.ReservationSold},
		"skald.order.events " + refused:            {event.OrderCreated, event.OrderRejected},
		"skald.inventory.events " + refused:        {event.ReservationReserved, event.ReservationReleased},
		"skald.inventory.events " + product:        {event.StockSet},
		"skald.product.events " + product:          {event.ProductCreated},
		"skald.pricing.events " + product:          {event.PriceCreated},
	}
	consumer, err := kgo.NewClient(kgo.SeedBrokers(b.Stack.Kafka), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeTopics("skald.order.events", "skald.payment.events", "skald.inventory.events", "skald.product.events", "skald.pricing.events", "skald.user.events"))
	require.NoError(t, err)
	defer consumer.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, missing := map[string][]event.Type{}, 0
	for _, types := range want {
		missing += len(types)
	}
	for seen := map[string]bool{}; missing > 0; {
		fetched := consumer.PollFetches(ctx)
		require.NoError(t, fetched.Err(), "%v", got)
		fetched.EachRecord(func(r *kgo.Record) {
			what, at := document.Judge(t, r), r.Topic+" "+string(r.Key)
			e, err := event.Read(r)
			require.NoError(t, err)
			if want[at] == nil || seen[e.ID()] {
				return // of another test, or once more
			}
			seen[e.ID()] = true
			got[at], missing = append(got[at], what), missing-1
		})
	}
	require.Equal(t, want, got)
}

// TestWithoutKafka: while no broker answers, orders are placed and services are
// ready as ever, and the metrics tell that events wait; with brokers again all of
// them are published.
func TestWithoutKafka(t *testing.T) {
	t.Parallel()
	b := &bench{platform.Split(t)}
	product := b.Product(1999, 10)
	asked := map[string]string{"orders": "/v1/orders?limit=1", "payments": "/v1/payments?limit=1"}
	services := []string{"order", "payment"}
	var kills []func()
	for _, service := range services {
		p := b.Stack.Process(service)
		require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
		kills = append(kills, b.StartAgain(p, "--kafka-brokers", "127.0.0.1:1"))
		b.RequireReady(service, "closed", asked)
	}
	b.Buy(b.Basket(product, 1, visa), http.StatusCreated)
	for _, service := range services {
		waits := regexp.MustCompile(`skald_outbox_pending\{service="` + service + `"\} [1-9]`)
		require.Eventually(t, func() bool { return waits.Match(b.Fetch(service, "/metrics")) }, time.Minute, 100*time.Millisecond, service)
		b.Fetch(service, "/ready")
	}
	b.Buy(b.Basket(product, 1, visa), http.StatusCreated)
	for i, service := range services {
		kills[i]()
		b.StartAgain(b.Stack.Process(service))
		b.RequireReady(service, "closed", asked)
	}
	b.RequireInvariants()
}
