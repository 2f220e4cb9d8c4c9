package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

const problemType = "application/problem+json"

// Check judges an answer by the document. Each finding begins with what it is
// about.
func (d *Document) Check(r Request, a Answer) error {
	return errors.Join(noFailure(a), noEcho(r, a), d.documented(r, a), headers(a))
}

// noFailure: nothing that a client sends is the platform's failure.
func noFailure(a Answer) error {
	if a.Status >= 500 && a.Status != http.StatusNotImplemented && a.Status != http.StatusHTTPVersionNotSupported {
		return fmt.Errorf("failure: %d: %.300s", a.Status, a.Body)
	}
	return nil
}

// noEcho: an error does not repeat what the client sent.
func noEcho(r Request, a Answer) error {
	if a.Status < 300 {
		return nil
	}
	if bytes.Contains(a.Body, []byte(r.Canary)) {
		return fmt.Errorf("echo: %.300s", a.Body)
	}
	for name, values := range a.Header {
		if strings.Contains(strings.Join(values, "\n"), r.Canary) {
			return fmt.Errorf("echo: in header %s", name)
		}
	}
	return nil
}

// documented: status, content type and body are what the document says.
func (d *Document) documented(r Request, a Answer) error {
	media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	said, known := r.Operation.Responses[strconv.Itoa(a.Status)]
	switch {
	case r.Method == http.MethodHead: // it has no body
		return nil
	case !r.Routed && a.Status < 400: // another operation, or a page
		return nil
	case r.Wire && a.Status == 0: // HTTP itself refused it, and was gone before that was read
		return nil
	case r.Wire && media == "text/plain" && a.Status >= 400 && a.Header.Get("Connection") == "close": // HTTP itself refused it
		return nil
	case r.Wire && a.Status == http.StatusExpectationFailed: // HTTP itself expects nothing
		return nil
	case !known && !r.Routed:
		return d.problem(r, a)
	case !known:
		return fmt.Errorf("undocumented: %d", a.Status)
	}
	if len(said.Content) == 0 {
		if len(a.Body) > 0 {
			return fmt.Errorf("body: %d has one that the document does not know", a.Status)
		}
		return nil
	}
	if a.Status >= 400 && media != problemType && a.Status != http.StatusServiceUnavailable {
		return fmt.Errorf("content type: %d is %q, not a problem: %.200s", a.Status, media, a.Body)
	}
	schema, ok := said.Content[media]
	if !ok {
		return fmt.Errorf("content type: %d is %q", a.Status, media)
	}
	for _, name := range said.Required {
		if a.Header.Get(name) == "" {
			return fmt.Errorf("header: %d has no %s", a.Status, name)
		}
	}
	return validate(schema, a)
}

// problem: an answer that no operation declares is a problem still.
func (d *Document) problem(r Request, a Answer) error {
	if media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type")); media != problemType {
		return fmt.Errorf("content type: %d is %q, not a problem: %.200s", a.Status, media, a.Body)
	}
	for _, said := range r.Operation.Responses {
		if schema := said.Content[problemType]; schema != nil {
			return validate(schema, a)
		}
	}
	return nil
}

func validate(schema *jsonschema.Schema, a Answer) error {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Body))
	if err != nil {
		return fmt.Errorf("body: %d: %w: %.300s", a.Status, err, a.Body)
	}
	if err := schema.Validate(parsed); err != nil {
		return fmt.Errorf("body: %d: %w: %.300s", a.Status, err, a.Body)
	}
	return nil
}

// headers are those that HTTP itself asks for.
func headers(a Answer) error {
	for status, name := range map[int]string{
		http.StatusUnauthorized: "WWW-Authenticate", http.StatusMethodNotAllowed: "Allow", http.StatusTooManyRequests: "Retry-After",
	} {
		if a.Status == status && a.Header.Get(name) == "" {
			return fmt.Errorf("header: %d has no %s", status, name)
		}
	}
	return nil
}
