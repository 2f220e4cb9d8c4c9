package platform

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/skaldhq/skald/workers"
)

const (
	dispatchPause = 2 * time.Second
	expirePause   = time.Minute
	expireBatch   = 100
	countPause    = 10 * time.Second
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
	for i, w := range all {
		if err := w.Start(); err != nil {
			stop(all[:i])
			return fmt.Errorf("start worker: %w", err)
		}
	}
	var housekeeping sync.WaitGroup
	if p.orders != nil {
		d := workers.NewDispatcher(c, p.orders, p.config.ActionTimeout)
		for task, do := range map[string]func(context.Context) (int, error){
			"dispatch unstarted orders": d.Dispatch, "dispatch cancellations": d.DispatchCancellations, "dispatch refunds": d.DispatchRefunds,
		} {
			housekeeping.Go(func() { workers.Every(ctx, p.log, task, dispatchPause, do) })
		}
		count := workers.CountParked(c, p.config.Temporal.Namespace, p.metrics)
		housekeeping.Go(func() { workers.Every(ctx, p.log, "count parked sagas", countPause, count) })
	}
	if p.stock != nil {
		housekeeping.Go(func() {
			workers.Every(ctx, p.log, "expire reservations", expirePause, func(ctx context.Context) (int, error) {
				return p.stock.ExpireReservations(ctx, expireBatch)
			})
		})
	}
	<-ctx.Done()
	housekeeping.Wait()
	stop(all)
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
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
	if p.orders != nil {
		w, err := workers.Order(c, p.orders, fatal)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
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
