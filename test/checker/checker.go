// Package checker judges a platform by what must hold under any fault. It reads
// the services' databases, the payment provider's log, the workflows' histories
// and what clients were told, and imports no product package, so that it shares
// no mistake with what it judges. The names of the invariants (M1, S1, G1, …)
// stand in docs/reliability.md.
package checker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Platform is where a platform is, as its stack.json tells, and what its clients
// were told.
type Platform struct {
	Databases map[string]string // Postgres URL of each service
	PSP       string            // base URL of the payment simulator
	Temporal  string            // host:port
	Kafka     string            // host:port of a broker; empty: nobody publishes
	Clients   *Clients          // nil: nobody kept a record
	Secrets   []string          // what no history may hold, beside what never may
	Codec     *Codec            // nil: payloads are plain
	// Cut: an operator terminated or reset runs, so a saga may have more than one.
	Cut bool
}

// Verdict is what a check found.
type Verdict struct {
	Broken []string // each names its invariant first
	// What was looked at.
	Orders, Refunds, Events, Published, ProviderLines, Answers int
	Endings                                                    map[string]int // orders by status
	Histories                                                  []History
}

// Err tells everything that is broken; nil: nothing is.
func (v *Verdict) Err() error {
	var all []error
	for _, b := range v.Broken {
		all = append(all, errors.New(b))
	}
	return errors.Join(all...)
}

func (v *Verdict) fail(invariant, format string, args ...any) {
	v.Broken = append(v.Broken, invariant+": "+fmt.Sprintf(format, args...))
}

const undecided = `SELECT 'order/' || pg_temp.public_id('ord', id) AS run, status, saga_state FROM orders
	WHERE status IN ('pending', 'awaiting_payment') OR saga_state NOT IN ('completed', 'compensated')
	UNION ALL SELECT 'refund/' || pg_temp.public_id('rfd', id), status, '' FROM order_refunds WHERE status = 'requested'
	UNION ALL SELECT 'order/' || pg_temp.public_id('ord', id), status, 'its cancellation is not begun' FROM orders o
	WHERE cancel_requested_at IS NOT NULL AND cancel_refusal IS NULL AND status = 'confirmed'
		AND EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id AND i.refunded_quantity < i.quantity)`

// Undecided counts the orders, payments and refunds that have not come to their end.
func (p Platform) Undecided(ctx context.Context) (int, error) {
	open, err := p.open(ctx)
	return len(open), err
}

// open gives what has not come to its end: its run, and how it stands.
func (p Platform) open(ctx context.Context) ([]map[string]any, error) {
	orders, err := query(ctx, p, "order", undecided, pgx.RowToMap)
	if err != nil {
		return nil, err
	}
	payments, err := query(ctx, p, "payment", unpaid, pgx.RowToMap)
	return append(orders, payments...), err
}

// Rest waits until every order, payment and refund has come to its end and no saga runs
// any more, or the context ends.
func (p Platform) Rest(ctx context.Context) error {
	var open []map[string]any
	var running int64
	for {
		now, err := p.open(ctx)
		if err == nil {
			open = now
		}
		if err == nil && len(open) == 0 {
			running, err = p.running(ctx)
		}
		if err == nil && len(open) == 0 && running == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("G4: %d are undecided: %v; %d sagas run: %w", len(open), open[:min(5, len(open))], running, errors.Join(err, ctx.Err()))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// running counts the sagas that have not ended.
func (p Platform) running(ctx context.Context) (int64, error) {
	c, err := p.dial(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	found, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: `ExecutionStatus = 'Running' AND WorkflowType NOT IN ('Reconcile', 'DeliverWebhook')`,
	})
	if err != nil {
		return 0, fmt.Errorf("count sagas: %w", err)
	}
	return found.GetCount(), nil
}

func (p Platform) dial(ctx context.Context) (client.Client, error) {
	o := client.Options{HostPort: p.Temporal, Namespace: "default", Logger: silent{}}
	if err := p.Codec.open(&o); err != nil {
		return nil, err
	}
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("dial Temporal: %w", err)
	}
	return c, nil
}

// Check waits until a platform has come to rest, and judges it.
func (p Platform) Check(ctx context.Context) error {
	if err := p.Rest(ctx); err != nil {
		return err
	}
	v, err := p.Judge(ctx)
	if err != nil {
		return err
	}
	return v.Err()
}

// Judge judges a platform that is at rest. The error is of the judging itself.
func (p Platform) Judge(ctx context.Context) (*Verdict, error) {
	c, err := p.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	s, err := p.books(ctx)
	if err != nil {
		return nil, err
	}
	v := &Verdict{Orders: len(s.orders), Refunds: len(s.refunds), ProviderLines: len(s.log), Endings: map[string]int{}}
	for _, o := range s.orders {
		v.Endings[o.Status]++
	}
	s.cut = p.Cut
	// The sagas first: each is waited for, before what it leaves behind is judged.
	if err := s.checkSagas(ctx, c, p.Secrets, v); err != nil {
		return nil, err
	}
	if s, err = p.books(ctx); err != nil {
		return nil, err
	}
	for _, r := range rules() {
		if err := r.check(ctx, p, v); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(p.checkAppendOnly(ctx, v), p.checkPayloads(ctx, v), p.checkPublished(ctx, v)); err != nil {
		return nil, err
	}
	s.judge(p.Clients, v)
	return v, nil
}

// judge holds what was written down against each other.
func (b *books) judge(clients *Clients, v *Verdict) {
	b.checkMoney(v)
	b.checkLedger(v)
	b.checkReservations(v)
	b.checkUnits(v)
	b.checkEvents(v)
	if clients != nil {
		clients.check(b, v)
	}
}

// silent is a logger for a client whose errors are judged here.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
