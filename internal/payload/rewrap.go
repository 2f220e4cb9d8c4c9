package payload

import (
	"context"
	"fmt"

	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/user"
)

// rewrapBatch bounds one page.
const rewrapBatch = 200

// Rewrap wraps users' keys with the platform's first key that are wrapped with
// another one, and tells how many: once there are none, that other key is needed
// for nothing but payloads that it sealed itself. Those that it cannot unwrap it
// passes. Any number of processes may.
func (k *Keys) Rewrap(ctx context.Context, users user.PayloadKeyChores) (int, error) {
	first, ok := k.ring.First()
	if !ok {
		return 0, nil
	}
	return user.EachPayloadKey(func(after string) ([]user.PayloadKey, error) {
		old, err := users.PayloadKeysNotBy(ctx, first.ID, after, rewrapBatch)
		if err != nil {
			return nil, fmt.Errorf("find payload keys to wrap anew: %w", err)
		}
		return old, nil
	}, func(kept user.PayloadKey) (bool, error) {
		err := k.rewrap(ctx, users, first, kept)
		return err == nil, err
	})
}

func (k *Keys) rewrap(ctx context.Context, users user.PayloadKeyChores, first seal.Key, kept user.PayloadKey) error {
	secret, err := k.secret(kept)
	if err != nil {
		return err
	}
	was := kept.WrappedBy
	kept.Wrapped, kept.WrappedBy = first.Seal(secret, about(kept)), first.ID
	if err := users.RewrapPayloadKey(ctx, kept, was); err != nil {
		return fmt.Errorf("keep payload key %s: %w", kept.ID, err)
	}
	return nil
}
