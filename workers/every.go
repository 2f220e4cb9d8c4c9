package workers

import (
	"context"
	"log/slog"
	"time"
)

// roundTimeout ends a round that hangs: a database that is connected and mute
// must not end the housekeeping.
const roundTimeout = time.Minute

// Every does a piece of housekeeping now and then until the context ends, and
// goes on at once while there was work, which is told at the level. A failure is
// logged and tried again.
func Every(ctx context.Context, log *slog.Logger, level slog.Level, name string, pause time.Duration, do func(context.Context) (int, error)) {
	for {
		round, cancel := context.WithTimeout(ctx, roundTimeout)
		n, err := do(round)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.WarnContext(ctx, "housekeeping failed", "task", name, "error", err)
		case n > 0:
			log.Log(ctx, level, "housekeeping", "task", name, "count", n)
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}
