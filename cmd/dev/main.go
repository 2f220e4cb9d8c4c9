// Command dev runs the whole platform on one machine: Temporal and its Web UI,
// Postgres with a database a service, a Kafka-compatible broker, a
// Stripe-compatible payment simulator, every service and the front door.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent lets the heap grow to four times what lives before it is collected:
// a whole Temporal server allocates in this process, and keeps little of it.
const gcPercent = 300

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	var err error
	if len(os.Args) > 1 && os.Args[1] == processCommand {
		err = runProcess(ctx, os.Args[2:])
	} else {
		err = run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}
