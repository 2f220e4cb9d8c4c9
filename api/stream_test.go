package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// tape is a connection that keeps what a stream writes, and what is set about it.
type tape struct {
	header http.Header

	mu       sync.Mutex
	status   int
	said     strings.Builder
	flushed  int // how much of it is on its way
	readEnd  *time.Time
	writeEnd time.Time
	stop     context.CancelFunc
	done     chan struct{} // closed once it was answered
}

// listen asks for a timeline as a stream. Headers come in pairs.
func listen(h http.Handler, path string, headers ...string) *tape {
	ctx, stop := context.WithCancel(context.Background())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer skald_a")
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	t := &tape{header: http.Header{}, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		h.ServeHTTP(t, r)
	}()
	return t
}

func (t *tape) Header() http.Header { return t.header }

func (t *tape) WriteHeader(status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status = status
}

func (t *tape) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.Write(b)
}

func (t *tape) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flushed = t.said.Len()
}

func (t *tape) SetReadDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readEnd = &at
	return nil
}

func (t *tape) SetWriteDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writeEnd = at
	return nil
}

// deadlines are those of the connection.
func (t *tape) deadlines() (read *time.Time, write time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.readEnd, t.writeEnd
}

// text is what has reached the client.
func (t *tape) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.String()[:t.flushed]
}

// message is an event of a stream.
type message struct{ id, event, data string }

// messages are the events that have reached the client.
func (t *tape) messages() (all []message) {
	for block := range strings.SplitSeq(t.text(), "\n\n") {
		var m message
		for l := range strings.Lines(block) {
			name, value, _ := strings.Cut(strings.TrimSuffix(l, "\n"), ": ")
			switch name {
			case "id":
				m.id = value
			case "event":
				m.event = value
			case "data":
				m.data = value
			}
		}
		if m.event != "" {
			all = append(all, m)
		}
	}
	return all
}

// named are the events of one name.
func named(all []message, event string) (some []message) {
	for _, m := range all {
		if m.event == event {
			some = append(some, m)
		}
	}
	return some
}

// answered tells whether the request is over.
func (t *tape) answered() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// pass lets time pass in a bubble, and what is due then be done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// inBubble gives a test a clock of its own, and fails it where a goroutine is left.
func inBubble(t *testing.T, test func(t *testing.T, w *world, h http.Handler)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, h := setup(t)
		test(t, w, h)
	})
}
