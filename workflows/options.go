package workflows

import (
	"time"

	"github.com/skaldhq/skald/workflows/saga"
)

// The task queues: one a service. A queue is the service's discovery and its
// load balancing. The sagas run on the order service's.
const (
	QueueUser      = "user"
	QueuePricing   = "pricing"
	QueueInventory = "inventory"
	QueuePayment   = "payment"
	QueueOrder     = "order"
	// QueueNotification also runs the deliveries of webhooks.
	QueueNotification = "notification"
)

// Every timeout and retry policy of the sagas. Retries are bounded by time, not
// by attempts: a service that restarts must find its work still waiting.
var (
	// orderDeadline is how long an order may take to its capture: longer than a
	// service is likely to be away, shorter than a customer's patience with a hold.
	orderDeadline = 10 * time.Minute

	// paymentDeadline is the same of a payment of its own.
	paymentDeadline = 10 * time.Minute

	// stageGrace lets the answers of a stage that failed arrive, so that the
	// same bad order gets the same answer whichever service is faster.
	stageGrace = 2 * time.Second

	// reservationMargin is how much longer than the saga's deadline stock is
	// held on the database's clock: the backstop to the saga's own release.
	reservationMargin = time.Hour

	// actionPoll asks the provider while the customer acts, should its webhook
	// be lost.
	actionPoll = 30 * time.Second
	// mostActionPoll is the longest pause between two such questions: each
	// doubles it.
	mostActionPoll = 10 * time.Minute

	// auditPause is between two rounds of recording an operator's decision.
	auditPause = 15 * time.Second

	// longestPark keeps a parked saga's history short for weeks, and lets it go
	// on soon once what stood in its way has gone.
	longestPark = 15 * time.Minute

	// ask: a read of a service's database. An attempt that takes seconds will
	// not come back.
	ask = saga.Policy{
		StartToClose: 5 * time.Second, ScheduleToClose: 5 * time.Minute,
		FirstRetry: 100 * time.Millisecond, LastRetry: 5 * time.Second,
	}
	// hold: one transaction in a service's database, perhaps behind row locks.
	hold = saga.Policy{
		StartToClose: 10 * time.Second, ScheduleToClose: 5 * time.Minute,
		FirstRetry: 100 * time.Millisecond, LastRetry: 5 * time.Second,
	}
	// pay: calls of the payment provider: three, each bounded by its client to a
	// third of what is left, or 5 s. An attempt that a crash took along is missed
	// no later.
	pay = saga.Policy{
		StartToClose: 16 * time.Second, ScheduleToClose: 5 * time.Minute,
		FirstRetry: 200 * time.Millisecond, LastRetry: 10 * time.Second,
	}
	// settle: what must be done until it is (the pivot, what follows it, and
	// every compensation). It parks within the minute, after an attempt that was
	// lost and some that failed, so that an operator knows, and goes on.
	settle = saga.Policy{
		StartToClose: 16 * time.Second, ScheduleToClose: 45 * time.Second,
		FirstRetry: 200 * time.Millisecond, LastRetry: 5 * time.Second, Parked: 15 * time.Second, MostParked: longestPark,
	}
	// compare: a page of what a service has, for a comparison that comes again
	// soon: it gives up within the time of a round.
	compare = saga.Policy{
		StartToClose: 10 * time.Second, ScheduleToClose: time.Minute,
		FirstRetry: 200 * time.Millisecond, LastRetry: 5 * time.Second,
	}
	// deliver: one request to a stranger, whose client bounds it to half of that. What
	// comes of it is no failure; one of our own is tried again until it is none, for
	// nobody waits.
	deliver = saga.Policy{StartToClose: 30 * time.Second, FirstRetry: time.Second, LastRetry: time.Minute}
	// record: one statement in the order service's own database, inside the
	// saga's worker.
	record = saga.Policy{
		StartToClose: 5 * time.Second, ScheduleToClose: 30 * time.Second,
		FirstRetry: 50 * time.Millisecond, LastRetry: 2 * time.Second, Parked: 30 * time.Second, MostParked: longestPark,
	}
	// note: like record, but for what only informs: it may fail.
	note = saga.Policy{
		StartToClose: 2 * time.Second, ScheduleToClose: 5 * time.Second,
		FirstRetry: 50 * time.Millisecond, LastRetry: time.Second,
	}
)

// on gives a policy the queue of the service that it calls.
func on(queue string, p saga.Policy) saga.Policy {
	p.Queue = queue
	return p
}
