package outbox

import "time"

// Within lets the relay give up on publishing sooner.
func (r *Relay) Within(timeout time.Duration) *Relay {
	r.timeout = timeout
	return r
}
