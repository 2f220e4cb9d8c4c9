// Command bench measures orders against a floor on the same server in the same
// run: a bare workflow of three no-op activities in sequence, awaited the same
// way. It writes the figures, their ratios and a plot.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/skaldhq/skald/test/stack"
)

// options say how much to measure.
type options struct {
	out    string
	rounds int
	single int           // runs a round, one at a time
	load   time.Duration // a round, many at a time
}

// concurrency is how many run at a time under load.
const concurrency = 32

func main() {
	var o options
	flag.StringVar(&o.out, "out", "docs", "directory for benchmarks.md and its plot")
	flag.IntVar(&o.rounds, "rounds", 4, "rounds, each of them floor and orders in turn")
	flag.IntVar(&o.single, "single", 100, "runs a round, one at a time")
	flag.DurationVar(&o.load, "load", 15*time.Second, "length of a round under load")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "skald-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Println("building and starting the platform")
	binary, err := stack.Build(ctx, dir)
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, binary, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { _ = s.Stop() }()
	c, err := client.Dial(client.Options{
		HostPort: s.Temporal, Namespace: "default", Logger: quiet{},
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // as the platform's
	})
	if err != nil {
		return err
	}
	defer c.Close()
	floor, err := startFloor(c)
	if err != nil {
		return err
	}
	defer floor.stop()
	orders, err := newOrders(ctx, s)
	if err != nil {
		return err
	}
	r, err := measure(ctx, o, floor.bare, floor.shape, orders.place)
	if err != nil {
		return err
	}
	if r.Work, err = countWork(ctx, s, orders.place, o.single); err != nil {
		return err
	}
	if r.Events, err = events(ctx, c, orders.last()); err != nil {
		return err
	}
	if r.Reads, err = measureReads(ctx, o, s, orders, dir); err != nil {
		return err
	}
	fmt.Print(r.text(), r.readsText())
	return r.write(o.out)
}
