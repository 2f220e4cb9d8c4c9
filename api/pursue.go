package api

import (
	"context"
	"time"
)

// retryAfter is when it is worth to look again at what is undecided, in seconds.
const retryAfter = "1"

// startTimeout bounds what the start of a saga may add to an answer that waits
// for nothing: where Temporal does not answer, a dispatcher starts the saga.
const startTimeout = time.Second

// begin starts the saga of what was claimed, and waits for nothing else.
func begin[T any](ctx context.Context, start func(context.Context, T) error, claimed T) error {
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return start(starting, claimed)
}

// pursuit is how what was claimed is seen through: its saga is started, or started
// and awaited, and it is read again.
type pursuit[T any] struct {
	start, await func(context.Context, T) error
	read         func(context.Context) (T, error)
}

// pursue starts the saga of what was claimed, and gives that as it is after the
// wait.
func pursue[T any](ctx context.Context, wait time.Duration, claimed T, by pursuit[T]) T {
	if wait == 0 {
		if err := begin(ctx, by.start, claimed); err != nil && ctx.Err() == nil {
			note(ctx, err)
		}
		return claimed
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	defer context.AfterFunc(closing(ctx), cancel)()
	if err := by.await(waiting, claimed); err != nil && waiting.Err() == nil {
		note(ctx, err)
	}
	if now, err := by.read(ctx); err == nil {
		return now
	}
	return claimed
}
