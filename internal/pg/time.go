package pg

import "time"

// UTC gives a time of a row in UTC; nil where there is none.
func UTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}
