package api

import "sync"

// mostStreams is how many streams a principal may have open at a gateway.
const mostStreams = 20

// streams counts the streams that are open, by principal.
type streams struct {
	mu   sync.Mutex
	open map[string]int
}

func newStreams() *streams { return &streams{open: map[string]int{}} }

// take opens one; not ok: there are enough.
func (s *streams) take(principal string) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[principal] >= mostStreams {
		return false
	}
	s.open[principal]++
	return true
}

// leave closes one.
func (s *streams) leave(principal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[principal]--; s.open[principal] == 0 {
		delete(s.open, principal)
	}
}
