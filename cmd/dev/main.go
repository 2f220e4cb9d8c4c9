// Command dev runs the whole platform on one machine: Temporal and its Web UI,
// Postgres with a database a service, a Kafka-compatible broker, a
// Stripe-compatible payment simulator, every service and the front door.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}
