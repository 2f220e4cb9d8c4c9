package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// eventStream is the media type of server-sent events.
const eventStream = "text/event-stream"

// How a stream is kept alive.
const (
	// writeTimeout is how long a client may take for what was written.
	writeTimeout = 10 * time.Second
	// pingAfter is how long a stream may be silent: less than proxies cut one off.
	pingAfter = 15 * time.Second
	// reconnectAfter is what clients are told to wait before they come again.
	reconnectAfter = time.Second
)

// sse writes server-sent events: each is on its way when it is written.
type sse struct {
	w      http.ResponseWriter
	conn   *http.ResponseController
	wrote  time.Time
	failed error // the client has gone
}

// newSSE begins a stream. The server's limits of a request are lifted from its
// connection: each write has one of its own, so that who does not read is let go.
func newSSE(w http.ResponseWriter) *sse {
	s := &sse{w: w, conn: http.NewResponseController(w)}
	_ = s.conn.SetReadDeadline(time.Time{}) // a connection without deadlines needs none lifted
	h := w.Header()
	h.Set("Content-Type", eventStream)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold back what is small
	w.WriteHeader(http.StatusOK)
	s.write(fmt.Appendf(nil, "retry: %d\n\n", reconnectAfter.Milliseconds()))
	return s
}

// send writes an event; the id is where to go on after it, and may be empty.
func (s *sse) send(event, id string, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		s.failed = err
		return
	}
	var b bytes.Buffer
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", event, raw)
	s.write(b.Bytes())
}

// ping says that the stream is alive, if it was silent for long.
func (s *sse) ping() {
	if time.Since(s.wrote) >= pingAfter {
		s.write([]byte(": ping\n\n"))
	}
}

func (s *sse) write(raw []byte) {
	if s.failed != nil {
		return
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, s.failed = s.w.Write(raw); s.failed == nil {
		s.failed = s.conn.Flush()
	}
	s.wrote = time.Now()
}
