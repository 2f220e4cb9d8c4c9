package payload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/user"
)

// What is known of users' keys, and for how long.
const (
	// freshFor is how long a key counts without another look: so long after it was
	// erased it may still open, and so long after its user was deleted may something
	// begin with it.
	freshFor = 10 * time.Second
	// staleFor is how long a key still opens and seals for what has begun, while the
	// user service does not answer, or does not know it.
	staleFor = 15 * time.Minute
	// failedFor is how long nobody looks again after a look that found nothing out.
	failedFor = time.Second

	// firstLook is how long a look takes at most, and how long somebody waits who cannot
	// go on without the key; nextLook who has it, and would only know whether it still
	// counts.
	firstLook = 5 * time.Second
	nextLook  = 500 * time.Millisecond
)

// lookedUp is what was found out about a user's key: the key, or why there is none.
type lookedUp struct {
	key   seal.Key
	err   error
	found time.Time // when the user service gave the key
	until time.Time // when to look again
}

func found(key seal.Key, at time.Time) lookedUp {
	return lookedUp{key: key, found: at, until: at.Add(freshFor)}
}

// counts tells that nobody has to look again. What is erased stays so.
func (l lookedUp) counts(now time.Time) bool {
	return errors.Is(l.err, ErrErased) || !now.After(l.until)
}

// serves tells that one may go on with the key while nobody says that it counts.
func (l lookedUp) serves(now time.Time) bool {
	return l.err == nil && now.Sub(l.found) <= staleFor
}

// find gives a key. ErrErased is for good. All else may be over in a moment:
// errUnknownKey, user.ErrPayloadKeyNotFound, and that the user service does not
// answer.
func (k *Keys) find(ctx context.Context, name keyName) (seal.Key, error) {
	if !name.ofUser() {
		return k.own(name)
	}
	known, ok := k.known.Get(name)
	if ok && known.counts(k.now()) {
		return known.key, known.err
	}
	looked := k.looking.DoChan(string(name), func() (any, error) {
		now := k.lookUp(context.WithoutCancel(ctx), name) // others wait for it, too
		return now.key, now.err
	})
	var enough <-chan time.Time
	if ok && known.serves(k.now()) {
		timer := time.NewTimer(nextLook)
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case <-ctx.Done():
		return seal.Key{}, fmt.Errorf("find payload key %s: %w", name, context.Cause(ctx))
	case <-enough:
		return known.key, nil
	case result := <-looked:
		key, _ := result.Val.(seal.Key)
		return key, result.Err
	}
}

// lookUp asks the user service for a key, and for as long as that may take whoever
// has the key goes on with it: one that is slow is not taken for one that fails.
// Only what says that a key was erased ends anything: a service that does not know a
// key may be one on a database that is yet to be restored.
func (k *Keys) lookUp(ctx context.Context, name keyName) lookedUp {
	known, ok := k.known.Get(name)
	now := k.now()
	if ok && known.counts(now) { // somebody has looked since
		return known
	}
	serves := ok && known.serves(now)
	if serves {
		known.until = now.Add(firstLook)
		k.known.Add(name, known)
	}
	ctx, cancel := context.WithTimeout(ctx, firstLook)
	defer cancel()
	key, err := k.look(ctx, name)
	switch {
	case err == nil:
		known = found(key, now)
	case errors.Is(err, user.ErrPayloadKeyErased):
		known = lookedUp{err: ErrErased}
	case serves:
		known.until = k.now().Add(failedFor)
	default:
		known = lookedUp{err: fmt.Errorf("find payload key %s: %w", name, err), until: k.now().Add(failedFor)}
	}
	k.known.Add(name, known)
	return known
}

func (k *Keys) look(ctx context.Context, name keyName) (seal.Key, error) {
	if k.users == nil { // a process without keys meets what is sealed
		return seal.Key{}, errUnknownKey
	}
	kept, err := k.users.FindPayloadKey(ctx, string(name))
	if err != nil {
		return seal.Key{}, err
	}
	return k.unwrap(kept)
}
