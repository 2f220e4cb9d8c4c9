// Package rpc is how one process of the platform asks another: what a service
// promises its callers, over HTTP. An operation is a POST of JSON to
// /rpc/<service>/<operation>; it answers with JSON, or with a fault. Whoever asks
// shows a token that the processes share.
//
// A fault that crosses the network stays what it is: its kind, code, message and
// field. What the network itself does is one too: Unavailable where the request
// never left, Unknown where nobody can tell what became of it.
package rpc

import (
	"net/http"
	"strconv"
	"time"

	"github.com/skaldhq/skald/internal/fault"
)

const (
	prefix = "/rpc/"
	// headerTimeout is how long the caller waits, in milliseconds.
	headerTimeout = "Skald-Timeout"
	// maxBody bounds a request and an answer.
	maxBody = 8 << 20
)

// refusal is a fault on the wire. Its cause stays where it happened.
type refusal struct {
	Kind    fault.Kind `json:"kind"`
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Field   string     `json:"field,omitempty"`
}

func toRefusal(f *fault.Error) refusal {
	return refusal{Kind: f.Kind, Code: f.Code, Message: f.Message, Field: f.Field}
}

func (r refusal) fault() *fault.Error {
	return &fault.Error{Kind: r.Kind, Code: r.Code, Message: r.Message, Field: r.Field}
}

// status is what proxies and logs see of a fault.
func status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Refused:
		return http.StatusUnprocessableEntity
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Unknown:
		return http.StatusGatewayTimeout
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// timeout reads the header; zero: the caller named none.
func timeout(h http.Header) time.Duration {
	ms, err := strconv.ParseInt(h.Get(headerTimeout), 10, 64)
	if err != nil || ms <= 0 {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// Made is an answer that tells whether what it gives is new.
type Made[A any] struct {
	It      A    `json:"it"`
	Created bool `json:"created"`
}
