package notificationpg

import (
	"sync"

	notificationdb "github.com/skaldhq/skald/db/notification"
)

// endpointsOfOne is how many endpoints' worth of places all endpoints of one owner have
// together.
const endpointsOfOne = 4

// flights counts what is on its way to each endpoint, and to each owner's, so that those
// that do not answer take no more than their share of a process.
type flights struct {
	most int // to one endpoint
	mu   sync.Mutex
	to   map[string]int // endpoints and owners that have any
}

func newFlights(most int) *flights { return &flights{most: most, to: map[string]int{}} }

// begin takes a place, which its caller ends; false: there is none.
func (f *flights) begin(e notificationdb.WebhookEndpoint) bool {
	endpoint, owner := places(e)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to[endpoint] >= f.most || f.to[owner] >= endpointsOfOne*f.most {
		return false
	}
	f.to[endpoint]++
	f.to[owner]++
	return true
}

func (f *flights) end(e notificationdb.WebhookEndpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	endpoint, owner := places(e)
	for _, of := range []string{endpoint, owner} {
		if f.to[of]--; f.to[of] == 0 {
			delete(f.to, of)
		}
	}
}

// places names what the places of an endpoint are counted by.
func places(e notificationdb.WebhookEndpoint) (endpoint, owner string) {
	return "endpoint " + e.ID.String(), "owner " + e.Owner
}
