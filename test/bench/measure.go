package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// task is what is measured.
type task func(context.Context) error

// series are the latencies of one task, and how many ran to their end a second.
type series struct {
	latencies []time.Duration
	rate      []float64 // a round each
}

// quantile gives the latency that a share of the runs did not exceed.
func (s series) quantile(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(s.latencies))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// result is everything that was measured.
type result struct {
	Floor, Shape, Orders series
	Events               int
	Work                 work
	Reads                []read
}

// measure runs floor, shape and orders in turn, so that a machine that slows down
// slows all.
func measure(ctx context.Context, o options, floor, shape, orders task) (*result, error) {
	for _, warm := range []task{floor, shape, orders} {
		if err := single(ctx, warm, o.single/2+1, &series{}); err != nil {
			return nil, err
		}
	}
	r := &result{}
	for round := range o.rounds {
		for _, part := range []struct {
			name string
			task task
			into *series
		}{{"floor", floor, &r.Floor}, {"shape", shape, &r.Shape}, {"orders", orders, &r.Orders}} {
			if err := single(ctx, part.task, o.single, part.into); err != nil {
				return nil, fmt.Errorf("%s: %w", part.name, err)
			}
			if err := load(ctx, part.task, o.load, part.into); err != nil {
				return nil, fmt.Errorf("%s under load: %w", part.name, err)
			}
			fmt.Printf("round %d of %d: %-6s p50 %5.1f ms, %5.1f a second at %d\n", round+1, o.rounds, part.name,
				ms(part.into.quantile(.5)), part.into.rate[round], concurrency)
		}
	}
	return r, nil
}

// single runs a task one at a time.
func single(ctx context.Context, do task, n int, into *series) error {
	for range n {
		begun := time.Now()
		if err := do(ctx); err != nil {
			return err
		}
		into.latencies = append(into.latencies, time.Since(begun))
	}
	return nil
}

// load runs a task many at a time.
func load(ctx context.Context, do task, length time.Duration, into *series) error {
	begun := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	done := 0
	for range concurrency {
		wg.Go(func() {
			for time.Since(begun) < length {
				err := do(ctx)
				mu.Lock()
				if err != nil {
					failed = err
				} else {
					done++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	into.rate = append(into.rate, float64(done)/time.Since(begun).Seconds())
	return failed
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
