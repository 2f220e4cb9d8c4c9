package rpc

import (
	"context"
	"errors"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/skaldhq/skald/internal/fault"
)

// Every timeout and limit between the front door and a service.
const (
	dialTimeout = time.Second
	// readTimeout bounds one attempt of a read: one that takes longer is lost.
	readTimeout = 2 * time.Second
	// writeTimeout bounds a write, which waits for row locks.
	writeTimeout = 10 * time.Second
	// maxIdle is how many connections to a service stay open.
	maxIdle = 64

	readAttempts = 3
	firstPause   = 50 * time.Millisecond
	lastPause    = 400 * time.Millisecond
	jitter       = 0.3

	// failuresToOpen is how many failures in a row open the breaker, openFor how
	// long it keeps everybody off before it lets one try.
	failuresToOpen = 5
	openFor        = 2 * time.Second
)

// State is the state of a circuit breaker.
type State string

// The states of a circuit breaker.
const (
	Closed   State = "closed"    // requests go through
	Open     State = "open"      // nobody is let through: the service does not answer
	HalfOpen State = "half_open" // one is let through, to see
)

func stateOf(s circuitbreaker.State) State {
	switch s {
	case circuitbreaker.OpenState:
		return Open
	case circuitbreaker.HalfOpenState:
		return HalfOpen
	case circuitbreaker.ClosedState:
	}
	return Closed
}

func newBreaker(tell func(State)) circuitbreaker.CircuitBreaker[any] {
	return circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(failuresToOpen).WithDelay(openFor).WithSuccessThreshold(1).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) { tell(stateOf(e.NewState)) }).Build()
}

func newRetries() retrypolicy.RetryPolicy[any] {
	return retrypolicy.NewBuilder[any]().HandleIf(func(_ any, err error) bool { return failed(err) }).
		AbortOnErrors(circuitbreaker.ErrOpen).
		WithMaxAttempts(readAttempts).WithBackoff(firstPause, lastPause).WithJitterFactor(jitter).ReturnLastFailure().Build()
}

// failed tells whether the service, or the way to it, failed. A definite answer
// is none, and neither is it that whoever asked has gone.
func failed(err error) bool {
	return err != nil && !fault.KindOf(err).Definite() && !errors.Is(err, context.Canceled)
}
