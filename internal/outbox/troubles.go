package outbox

import "time"

const (
	// shortestRetreat and longestRetreat are for how long rows are passed over that could
	// not be published: a partition without a leader, a record that Kafka refuses.
	shortestRetreat = 400 * time.Millisecond
	longestRetreat  = 15 * time.Second
)

// troubles is how far a relay keeps off what it could not publish.
type troubles struct {
	highest int64 // row that could not be published
	until   time.Time
	retreat time.Duration
}

// met notes a round in which something failed, with the highest row of that, or 0
// where it failed as a whole; it tells whether a retreat begins. What fails during
// one is passed over until its end too.
func (t *troubles) met(highest int64, now time.Time) bool {
	if now.Before(t.until) {
		t.highest = max(t.highest, highest)
		return false
	}
	t.highest = highest
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
