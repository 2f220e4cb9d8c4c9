package pg

import "time"

// Seconds is a number of seconds, as Postgres counts them, as a duration.
func Seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// UTC gives a time of a row in UTC; nil where there is none.
func UTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}
