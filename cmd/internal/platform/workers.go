package platform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/skaldhq/skald/internal/outbox"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/workers"
)

const (
	dispatchPause = 2 * time.Second
	schedulePause = time.Minute
	expirePause   = time.Minute
	expireBatch   = 100
	countPause    = 10 * time.Second
	prunePause    = time.Hour
	erasePause    = 10 * time.Second
	resealPause   = time.Minute
	rewrapPause   = time.Hour // it walks through the keys of all users
)

// Work runs the workers and the housekeeping of the process's services until
// the context ends or a worker can work no more, and returns when all of it has
// stopped.
func (p *Platform) Work(ctx context.Context, c client.Client) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	all, err := p.workers(c, func(err error) { end(fmt.Errorf("a worker gave up: %w", err)) })
	if err != nil {
		return err
	}
	relays, err := p.relays(ctx)
	if err != nil {
		return err
	}
	notifying, err := p.notifying()
	if err != nil {
		return err
	}
	for i, w := range all {
		if err := w.Start(); err != nil {
			stop(all[:i])
			return fmt.Errorf("start worker: %w", err)
		}
	}
	var housekeeping sync.WaitGroup
	if p.publishes() {
		for _, r := range relays {
			housekeeping.Go(func() { r.Run(ctx) })
		}
	}
	for _, events := range notifying.consumers {
		housekeeping.Go(func() { events.Run(ctx) })
	}
	for _, chore := range append(p.chores(c, relays), notifying.chores...) {
		housekeeping.Go(func() { workers.Every(ctx, p.log, slog.LevelInfo, chore.name, chore.pause, chore.do) })
	}
	for _, sender := range notifying.senders { // a line a mail is not for everybody
		housekeeping.Go(func() { workers.Every(ctx, p.log, slog.LevelDebug, sender.name, sender.pause, sender.do) })
	}
	if id := p.buildID(); p.orders != nil && id != "" {
		housekeeping.Go(func() { workers.NewVersions(c, p.config.Temporal.Namespace).Join(ctx, p.log, id) })
	}
	<-ctx.Done()
	housekeeping.Go(func() { stop(all) }) // a mail that is on its way takes longer than any task may
	housekeeping.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// chore is what a service does now and then besides its tasks; do tells how much
// it did, and where it did something it is done again at once.
type chore struct {
	name  string
	pause time.Duration
	do    func(context.Context) (int, error)
}

// chores are those of the process's services.
func (p *Platform) chores(c client.Client, relays []*outbox.Relay) []chore {
	var all []chore
	if p.orders != nil {
		versions, id := workers.NewVersions(c, p.config.Temporal.Namespace), p.buildID()
		takes := func(ctx context.Context) (bool, error) { return versions.Takes(ctx, id) }
		d := workers.NewDispatcher(c, p.orders, takes, p.config.ActionTimeout)
		reconciling := workers.NewReconciling(c, p.config.Reconcile.Interval, p.config.Reconcile.Grace)
		all = append(all,
			chore{"dispatch unstarted orders", dispatchPause, d.Dispatch},
			chore{"dispatch cancellations", dispatchPause, d.DispatchCancellations},
			chore{"dispatch refunds", dispatchPause, d.DispatchRefunds},
			chore{"dispatch repairs", dispatchPause, d.DispatchRepairs},
			chore{"count parked sagas", countPause, workers.CountParked(c, p.config.Temporal.Namespace, p.metrics)},
			chore{"count discrepancies", countPause, workers.CountDiscrepancies(p.orders, p.metrics)},
			chore{"look at the last round", countPause, workers.WatchRounds(c, p.config.Temporal.Namespace, p.metrics)},
			chore{"schedule the reconciler", schedulePause, reconciling.Keep},
		)
	}
	if p.payments != nil {
		d := workers.NewPaymentDispatcher(c, p.payments, p.config.ActionTimeout)
		all = append(all,
			chore{"dispatch payments", dispatchPause, d.Dispatch},
			chore{"dispatch refunds of payments", dispatchPause, d.DispatchRefunds},
		)
	}
	if p.webhooks != nil {
		d := workers.NewWebhookDispatcher(c, p.webhooks, p.config.Webhooks.Retries)
		all = append(all,
			chore{"dispatch webhooks", webhookPause, d.Dispatch},
			chore{"forget webhooks", expirePause, func(ctx context.Context) (int, error) {
				return p.webhooks.ForgetWebhooks(ctx, notification.WebhookAge, webhookBatch)
			}},
			chore{"seal webhook secrets anew", resealPause, func(ctx context.Context) (int, error) { return p.webhooks.ResealSecrets(ctx, webhookBatch) }},
			chore{"count webhooks", countPause, p.countWebhooks()},
		)
	}
	if p.users != nil {
		all = append(all,
			chore{"erase payload keys", erasePause, workers.NewEraser(c, p.users, p.config.Payloads.EraseAfter, p.metrics).Erase},
			chore{"wrap payload keys anew", rewrapPause, func(ctx context.Context) (int, error) { return p.keys.Rewrap(ctx, p.users) }},
		)
	}
	for _, r := range relays {
		all = append(all,
			chore{"measure outbox", countPause, r.Measure},
			chore{"prune outbox", prunePause, r.Prune(p.config.KeepEvents)},
		)
	}
	if p.stock != nil {
		all = append(all, chore{"expire reservations", expirePause, func(ctx context.Context) (int, error) {
			return p.stock.ExpireReservations(ctx, expireBatch)
		}})
	}
	return all
}

func (p *Platform) workers(c client.Client, fatal func(error)) ([]worker.Worker, error) {
	var all []worker.Worker
	if p.users != nil {
		all = append(all, workers.User(c, p.users, fatal))
	}
	if p.prices != nil {
		all = append(all, workers.Pricing(c, p.prices, fatal))
	}
	if p.stock != nil {
		all = append(all, workers.Inventory(c, p.stock, fatal))
	}
	if p.payments != nil {
		all = append(all, workers.Payment(c, p.payments, fatal))
	}
	if p.webhooks != nil {
		all = append(all, workers.Notification(c, p.webhooks, fatal))
	}
	if p.orders != nil {
		w, err := workers.Order(c, p.orders, workers.OrderOptions{ActionTimeout: p.config.ActionTimeout, BuildID: p.buildID()}, fatal)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
		if err := workers.DeclareMetrics(p.metrics.Temporal()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// stop lets the workers finish what they do, side by side.
func stop(all []worker.Worker) {
	var wg sync.WaitGroup
	for _, w := range all {
		wg.Go(w.Stop)
	}
	wg.Wait()
}
