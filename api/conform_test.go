package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// asDocumented fails the test where the front door answers an operation with what
// its document does not tell: another status, or a refusal with another code.
func asDocumented(t *testing.T, h http.Handler) http.Handler {
	t.Helper()
	d := contractOf(t, h)
	routes, answers := http.NewServeMux(), map[string]map[string]any{}
	d.operations(func(at, _ string, op map[string]any) {
		routes.Handle(at, http.NotFoundHandler())
		answers[at] = d.object(op, "responses")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &witness{ResponseWriter: w, code: http.StatusOK}
		h.ServeHTTP(seen, r)
		if _, route := routes.Handler(r); answers[route] != nil && path.Clean(r.URL.Path) == r.URL.Path {
			d.requireDocumented(route, answers[route], seen)
		}
	})
}

// witness remembers an answer while it goes to who asked.
type witness struct {
	http.ResponseWriter
	code int
	body bytes.Buffer
}

func (w *witness) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

func (w *witness) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

func (w *witness) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (d contract) requireDocumented(route string, answers map[string]any, seen *witness) {
	answer, ok := answers[strconv.Itoa(seen.code)]
	if !ok {
		d.t.Errorf("%s: the document does not tell of %d: %s", route, seen.code, &seen.body)
		return
	}
	kind := seen.Header().Get("Content-Type")
	media := d.object(d.object(answer, "content"), kind)
	if len(media) == 0 && seen.body.Len() > 0 {
		d.t.Errorf("%s: the document does not tell of %s with %d", route, kind, seen.code)
	}
	for name := range seen.Header() {
		if strings.HasPrefix(name, "Ratelimit-") || strings.HasPrefix(name, "Access-Control-") || slices.Contains([]string{"Content-Type", "Cache-Control", "Connection", "Vary", "X-Accel-Buffering"}, name) {
			continue // of every operation, as the transport or the limits have it
		}
		if d.header(answer, name) == nil {
			d.t.Errorf("%s: the document does not tell of %s with %d", route, name, seen.code)
		}
	}
	var p struct {
		Code      string
		PaymentID string `json:"payment_id"`
	}
	_ = json.Unmarshal(seen.body.Bytes(), &p)
	final := seen.code < 500 || p.PaymentID != ""
	if final && seen.code >= 400 && d.object(media, "examples")[p.Code] == nil {
		d.t.Errorf("%s: the document does not tell of %q with %d", route, p.Code, seen.code)
	}
}

// header is what the document tells of a header, whatever the case of its letters.
func (d contract) header(answer any, name string) any {
	for known, header := range d.object(answer, "headers") {
		if strings.EqualFold(known, name) {
			return header
		}
	}
	return nil
}
