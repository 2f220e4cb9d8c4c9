package outbox

import "time"

const (
	// shortestRetreat and longestRetreat are for how long rows are passed over that could
	// not be published: a partition without a leader, a record that Kafka refuses.
	shortestRetreat = 400 * time.Millisecond
	longestRetreat  = 15 * time.Second
	// retreatTimeout is for how long a round tries meanwhile. A partition without a leader
	// keeps a record for as long as it may, and all others of its round with it.
	retreatTimeout = time.Second
)

// troubles is how far a relay keeps off what it could not publish.
type troubles struct {
	highest int64 // row that could not be published
	until   time.Time
	retreat time.Duration
	reached bool // something else was published in the retreat: Kafka is there
}

// met notes a round in which something failed, with the highest row of that, or 0
// where it failed as a whole; it tells whether a retreat begins. What fails during
// one is passed over until its end too.
func (t *troubles) met(highest int64, now time.Time) bool {
	if now.Before(t.until) {
		t.highest = max(t.highest, highest)
		return false
	}
	t.highest, t.reached = highest, false
	t.retreat = min(max(2*t.retreat, shortestRetreat), longestRetreat)
	t.until = now.Add(t.retreat)
	return true
}

// passed is the row up to which nothing is looked at.
func (t *troubles) passed(now time.Time) int64 {
	if now.Before(t.until) {
		return t.highest
	}
	return 0
}

// within is for how long a round tries that passes rows, or at the end of a retreat
// passes none: where Kafka took nothing meanwhile it may be slow, and gets all the time
// there is.
func (t *troubles) within(passed int64, timeout time.Duration) time.Duration {
	if passed > 0 || t.reached {
		return min(timeout, retreatTimeout)
	}
	return timeout
}
