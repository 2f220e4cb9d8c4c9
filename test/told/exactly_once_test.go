package told_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/devstack/mailsink"
	"github.com/skaldhq/skald/internal/event"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// notifiedOrders is how many orders TestExactlyOnce places; SKALD_EVENTS is another
// number.
const notifiedOrders = 60

// betweenOrders lets them be placed for as long as it takes to kill everything.
const betweenOrders = 150 * time.Millisecond

// sendersEach is how many mails a notification service sends at a time.
const sendersEach = 4

// lostAndSent is longer than the lease of a mail whose sender died, on a busy machine.
const lostAndSent = notification.Lease + 3*time.Minute

// deathsAtLeast is how often each victim is killed, however soon the orders are placed.
const deathsAtLeast = 2

// TestExactlyOnce: orders are placed while the relays, the broker and the notification
// service are killed at random. By the broker's log every event was published at least
// once, those of an aggregate in order; by the sink each notification arrived once, and
// none was handed over again but by the death of who sent it; by the database each was
// made once, and sent.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	orders := notifiedOrders
	if more, err := strconv.Atoi(os.Getenv("SKALD_EVENTS")); err == nil {
		orders = more
	}
	kafka := startBroker(t)
	b := &bench{platform.Split(t, "--kafka-broker", kafka.addr, "--replicas", "notification=2", "--limit-per-second", "0")}
	product := b.Product(1000, 100_000)
	victims := []*victim{kafka.victim}
	for _, name := range []string{"notification", "notification-2", "order", "payment"} { // the last two have the relays
		victims = append(victims, b.victim(name))
	}

	var placed atomic.Int64
	killing, enough := context.WithCancel(t.Context())
	defer enough()
	var killers errgroup.Group
	killers.Go(func() error {
		return killAtRandom(killing, victims, func() bool { return placed.Load() == int64(orders) })
	})
	var placing errgroup.Group
	placing.SetLimit(6)
	rate := time.NewTicker(betweenOrders)
	defer rate.Stop()
	begun := time.Now()
	for i := range orders {
		<-rate.C
		placing.Go(func() error {
			defer placed.Add(1)
			method := []string{visa, visa, declined}[i%3]
			return b.placeWhatever(t.Context(), b.Basket(product, 1, method), fmt.Sprintf("exactly-once-%d", i))
		})
	}
	require.NoError(t, placing.Wait())
	require.NoError(t, killers.Wait())
	t.Logf("placed and killed in %s", time.Since(begun).Round(time.Second))
	for _, v := range victims {
		t.Logf("%s was killed %d times", v.name, v.deaths)
		require.GreaterOrEqual(t, v.deaths, deathsAtLeast, v.name)
	}

	b.RequireInvariants() // E1 by the broker's log: each event, and in order
	t.Logf("at rest after %s", time.Since(begun).Round(time.Second))
	want, published := endings(t, b.Stack.Kafka)
	require.Len(t, want, orders, "every order has ended, and that was told")
	dir := filepath.Join(b.Stack.Data, "mail")
	arrived := map[string]int{}
	repeated := 0
	t.Cleanup(func() {
		if t.Failed() {
			b.explain()
		}
	})
	require.Eventually(t, func() bool {
		deliveries, err := mailsink.Deliveries(dir)
		require.NoError(t, err)
		arrived, repeated = map[string]int{}, 0
		for _, d := range deliveries {
			if d.Repeated {
				repeated++
				continue
			}
			arrived[d.MessageID]++
		}
		return len(arrived) >= orders
	}, lostAndSent, 200*time.Millisecond, "not all notifications arrived")
	for id := range want {
		require.Equal(t, 1, arrived[messageID(id)], id)
		delete(arrived, messageID(id))
	}
	require.Empty(t, arrived, "nobody was told anything else")
	lost := 0 // attempts at most: what was being sent when its sender died
	for _, v := range victims {
		if strings.HasPrefix(v.name, "notification") {
			lost += sendersEach * v.deaths
		}
	}
	require.LessOrEqual(t, repeated, lost, "only what a death cut off is handed over again")
	attempts := b.requireSent(want)
	require.LessOrEqual(t, attempts, 2*orders+lost, "nothing is tried without end")
	t.Logf("all has arrived after %s", time.Since(begun).Round(time.Second))
	t.Logf("%d orders; %d events in the broker's log tell of their ends; %d mails arrived, %d were handed over again and known by their Message-ID",
		orders, published, orders, repeated)
}

// explain logs what may be why a notification was not sent: where it stands, and how far
// its consumers have come.
func (b *bench) explain() {
	b.Helper()
	rows, err := stacktest.Query(context.Background(), b.Stack, "notification",
		"SELECT concat_ws(' ', event_id, status, attempts, reason, due_at) FROM notifications WHERE status <> 'sent' ORDER BY event_id", pgx.RowTo[string])
	b.Logf("notifications that are not sent (%v): %s", err, strings.Join(rows, "\n"))
	for _, process := range []string{"notification", "notification-2"} {
		for line := range strings.SplitSeq(string(b.Fetch(process, "/metrics")), "\n") {
			if strings.HasPrefix(line, "skald_consumer_") {
				b.Logf("%s: %s", process, line)
			}
		}
	}
}

// requireSent waits until each of the events has one notification, which was sent, and
// there are no others; it tells how many attempts that took.
func (b *bench) requireSent(want map[string]bool) (attempts int) {
	b.Helper()
	type sent struct {
		Event, Status  string
		Rows, Attempts int
	}
	var found []sent
	require.Eventually(b, func() bool {
		var err error
		found, err = stacktest.Query(b.Context(), b.Stack, "notification",
			`SELECT event_id AS event, min(status) AS status, count(*)::int AS rows, sum(attempts)::int AS attempts FROM notifications GROUP BY event_id`, pgx.RowToStructByName[sent])
		require.NoError(b, err)
		return !slices.ContainsFunc(found, func(s sent) bool { return s.Status != "sent" })
	}, lostAndSent, 200*time.Millisecond)
	require.Len(b, found, len(want))
	for _, s := range found {
		require.True(b, want[s.Event], s.Event)
		require.Equal(b, 1, s.Rows, s.Event)
		attempts += s.Attempts
	}
	return attempts
}

// placeWhatever places an order through whatever happens: the key makes it one.
func (b *bench) placeWhatever(ctx context.Context, o stack.NewOrder, key string) error {
	for {
		a, err := b.Place(ctx, o, "Idempotency-Key", key, "Prefer", "respond-async")
		if err == nil && (a.Status < http.StatusBadRequest || a.Status == http.StatusPaymentRequired) {
			return nil
		}
		if err == nil && a.Status < http.StatusInternalServerError {
			return fmt.Errorf("place order: %d: %s", a.Status, a.Body)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// endings reads the broker's log: the ids of the events that tell how orders ended, and
// how many records tell it.
func endings(t *testing.T, addr string) (ids map[string]bool, records int) {
	t.Helper()
	topic := event.Topic("order")
	c, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(t, err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ends, err := kadm.NewClient(c).ListEndOffsets(ctx, topic)
	require.NoError(t, err)
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	ids = map[string]bool{}
	for left > 0 {
		fetched := c.PollFetches(ctx)
		require.NoError(t, fetched.Err())
		fetched.EachRecord(func(r *kgo.Record) {
			left--
			e, err := event.Read(r)
			require.NoError(t, err)
			switch event.Type(e.Type()) {
			case event.OrderConfirmed, event.OrderRejected, event.OrderCancelled, event.OrderFailed, event.OrderRefunded:
				ids[e.ID()] = true
				records++
			default:
			}
		})
	}
	return ids, records
}
