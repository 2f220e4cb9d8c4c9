// Command crash is a process of the platform that kills itself where it is told,
// for tests of what survives that. It is the skald command's gateway and service
// with an interceptor at Temporal's client; nothing of it is in the product.
//
// A point is the name of an activity or of what the front door asks of Temporal
// (StartWorkflow), and "before" or "after". A point is armed by a file of its
// name in the directory that SKALD_CRASH_POINTS names, and strikes once.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/skaldhq/skald/cmd/internal/platform"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	err := platform.Run(context.Background(), os.Args[1:], log, &crashing{points: points(os.Getenv("SKALD_CRASH_POINTS"))})
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}
