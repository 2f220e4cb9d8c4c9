package workers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// unstartedAge is when a pending order counts as left behind by a front
	// door that died between its claim and the start of the saga.
	unstartedAge = 5 * time.Second
	// dispatchBatch is how many are looked at first.
	dispatchBatch = 200
	// dispatchLanes is how many are seen to at a time: what waits for seconds for an
	// answer is not all that the others wait for.
	dispatchLanes = 4
)

// find gives what was left behind for so long, and no more than so many, in an order
// that stays.
type find[T any] func(ctx context.Context, age time.Duration, limit int) ([]T, error)

// leftovers are what was left behind, and how each is seen to.
type leftovers[T any] struct {
	what string
	find find[T]
	id   func(T) string
	see  func(context.Context, T) error
}

// drive finds what was left behind and sees to each once, and tells to how many.
// Those that cannot be seen to hold up no other: it looks further as long as it
// comes upon such, however many they are. The error is that of the first.
func drive[T any](ctx context.Context, l leftovers[T]) (seen int, err error) {
	met, faults := map[string]bool{}, []error{}
	for limit := dispatchBatch; ; limit *= 2 {
		left, err := l.find(ctx, unstartedAge, limit)
		if err != nil {
			return seen, errors.Join(fmt.Errorf("find %s: %w", l.what, err), unseen(l.what, faults))
		}
		all := len(left) < limit
		left = slices.DeleteFunc(left, func(one T) bool { return met[l.id(one)] })
		for _, one := range left {
			met[l.id(one)] = true
		}
		failed := seeEach(ctx, left, l.see)
		seen, faults = seen+len(left)-len(failed), append(faults, failed...)
		if all || len(failed) == 0 {
			return seen, unseen(l.what, faults)
		}
	}
}

// seeEach gives the errors of those that cannot be seen to, in their order.
func seeEach[T any](ctx context.Context, all []T, see func(context.Context, T) error) []error {
	errs := make([]error, len(all))
	var seeing errgroup.Group
	seeing.SetLimit(dispatchLanes)
	for i, one := range all {
		seeing.Go(func() error {
			errs[i] = see(ctx, one)
			return nil
		})
	}
	_ = seeing.Wait() // each has its own
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// unseen is nil where there are no faults.
func unseen(what string, faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %s cannot be seen to, the first: %w", len(faults), what, faults[0])
}

// goingOn is for what is left until its saga has ended: it needs no other round
// at once.
func goingOn(_ int, err error) (int, error) { return 0, err }
