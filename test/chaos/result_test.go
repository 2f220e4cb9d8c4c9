package chaos_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/skaldhq/skald/test/checker"
)

type result struct {
	size
	begun, healed, rested time.Time
	retried               atomic.Int64
	verdict               *checker.Verdict
	episodes              []episode
}

func (r *result) text() string { return "" }

func (r *result) write(*testing.T) {}

func (r *result) learn(_ *world, _ *load, s *schedule) { r.episodes = s.episodes() }

func (r *result) requireEnough(*testing.T) {}
