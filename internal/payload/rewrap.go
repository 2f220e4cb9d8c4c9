package payload

import (
	"context"
	"errors"
	"fmt"

	"github.com/skaldhq/skald/services/user"
)

// rewrapBatch bounds one round.
const rewrapBatch = 200

// Rewrap wraps users' keys with the platform's first key that are wrapped with
// another one, and tells how many: once there are none, that other key is needed
// for nothing but payloads that it sealed itself. Any number of processes may.
func (k *Keys) Rewrap(ctx context.Context, users user.PayloadKeyChores) (int, error) {
	first, ok := k.ring.First()
	if !ok {
		return 0, nil
	}
	old, err := users.PayloadKeysNotBy(ctx, first.ID, rewrapBatch)
	if err != nil {
		return 0, fmt.Errorf("find payload keys to wrap anew: %w", err)
	}
	done, faults := 0, []error{}
	for _, kept := range old {
		secret, err := k.secret(kept)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		was := kept.WrappedBy
		kept.Wrapped, kept.WrappedBy = first.Seal(secret, about(kept)), first.ID
		if err := users.RewrapPayloadKey(ctx, kept, was); err != nil {
			faults = append(faults, fmt.Errorf("keep payload key %s: %w", kept.ID, err))
			continue
		}
		done++
	}
	return done, errors.Join(faults...)
}
