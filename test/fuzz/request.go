package fuzz

import (
	"bytes"
	"fmt"
	"strings"
)

// Kind is how a request was made.
type Kind string

// The kinds of requests.
const (
	Valid   Kind = "valid"   // as the document wants it
	Mutated Kind = "mutated" // valid but for one thing
	Hostile Kind = "hostile" // as an attacker writes it
)

// Request is one to send, byte for byte.
type Request struct {
	Operation    *Operation
	Kind         Kind
	What         string // what is wrong with it
	Method       string
	Path, Query  string // as they are written
	Headers      []Header
	Body         []byte
	Canary       string // stands in values; no error may repeat it
	Wire, Routed bool   // Wire: HTTP itself may refuse it. Routed: to its operation
}

// Header is a line of a request.
type Header struct{ Name, Value string }

// set replaces a header.
func (r *Request) set(name, value string) {
	r.unset(name)
	r.Headers = append(r.Headers, Header{name, value})
}

func (r *Request) unset(name string) {
	var kept []Header
	for _, h := range r.Headers {
		if !strings.EqualFold(h.Name, name) {
			kept = append(kept, h)
		}
	}
	r.Headers = kept
}

// Bytes is the request as it goes over the wire.
func (r Request) Bytes(host string) []byte {
	var b bytes.Buffer
	target := r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, target, host)
	for _, h := range r.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	if r.Body != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes()
}

// String tells what it is, short.
func (r Request) String() string {
	return fmt.Sprintf("a %s request (%s): %.200q?%.200q %.400q %.400q", r.Kind, r.What, r.Method+" "+r.Path, r.Query, fmt.Sprint(r.Headers), r.Body)
}
