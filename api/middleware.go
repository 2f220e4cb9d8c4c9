package api

import (
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"time"


	"github.com/skaldhq/skald/internal/fault"
)

// observer is told of each request when it was answered.
type observer func(r *http.Request, status int, took time.Duration)

// observed tells observers how each request was answered.
func observed(next http.Handler, observers ...observer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		took := time.Since(begun)
		for _, tell := range observers {
			tell(r, seen.status, took)
		}
	})
}

// logging writes a line a request: no body, no query, no header, and of a
// failure nothing that may hold any of them.
func logging(log *slog.Logger) observer {
	return func(r *http.Request, status int, took time.Duration) {
		info := requestOf(r.Context())
		attrs := []slog.Attr{
			slog.String("method", r.Method), slog.String("route", route(r)), slog.Int("status", status),
			slog.Duration("took", took),
		}
		if info.order != "" {
			attrs = append(attrs, slog.String("order_id", info.order))
		}
		level := slog.LevelInfo
		if info.cause != nil {
			level, attrs = slog.LevelError, append(attrs, fault.Attrs(info.cause)...)
		}
		log.LogAttrs(r.Context(), level, "request", attrs...)
	}
}

// route is the pattern that a request matched, which the mux notes in it.
func route(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	return r.Pattern
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if !r.wrote {
		r.status, r.wrote = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write answers 200 where nobody said otherwise.
func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// recovered turns a panic into a problem.
func recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				log.ErrorContext(r.Context(), "panic", "route", route(r), "panic", p, "stack", string(debug.Stack()))
				writeProblem(w, errInternal.problem(r.Context()))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// problems lets the mux route, and says as a problem what it would say in plain
// text: that there is no such path, or no such method on it. OPTIONS tells the
// methods of a path. A path that has to be cleaned first is no path of ours: the
// mux would send the client to another.
func (c Config) problems(mux *http.ServeMux) http.Handler {
	nowhere := c.limited(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, _ := mux.Handler(r)
		probe := &discard{header: http.Header{}}
		handler.ServeHTTP(probe, r)
		allow := probe.header.Get("Allow")
		switch {
		case probe.status != http.StatusMethodNotAllowed:
			writeProblem(w, newProblem(r.Context(), http.StatusNotFound, "not_found", "There is nothing at this path."))
		case r.Method == http.MethodOptions:
			w.Header().Set("Allow", allow+", OPTIONS")
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", allow)
			writeProblem(w, newProblem(r.Context(), probe.status, "method_not_allowed", "The path does not know this method."))
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		if clean := path.Clean(r.URL.Path) == r.URL.Path; pattern != "" && clean {
			mux.ServeHTTP(w, r)
			return
		}
		nowhere.ServeHTTP(w, r)
	})
}

// discard takes an answer that nobody gets.
type discard struct {
	header http.Header
	status int
}

// Header gives the headers.
func (d *discard) Header() http.Header { return d.header }

// Write drops the body.
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader keeps the status.
func (d *discard) WriteHeader(status int) { d.status = status }
