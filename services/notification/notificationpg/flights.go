package notificationpg

import (
	"sync"

	"github.com/google/uuid"
)

// flights counts what is on its way to each endpoint, so that one that does not answer
// takes no more than its share of a process.
type flights struct {
	most int // to one endpoint
	mu   sync.Mutex
	to   map[uuid.UUID]int // those that have any
}

func newFlights(most int) *flights { return &flights{most: most, to: map[uuid.UUID]int{}} }

// begin takes a place, which its caller ends; false: there is none.
func (f *flights) begin(endpointID uuid.UUID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to[endpointID] >= f.most {
		return false
	}
	f.to[endpointID]++
	return true
}

func (f *flights) end(endpointID uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to[endpointID]--; f.to[endpointID] == 0 {
		delete(f.to, endpointID)
	}
}
