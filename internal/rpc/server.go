package rpc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	"github.com/skaldhq/skald/internal/fault"
)

// Server answers for services. It is an http.Handler of /rpc/.
type Server struct {
	mux    http.ServeMux
	tokens [][sha256.Size]byte
	log    *slog.Logger
	watch  *Watch
}

// NewServer returns a server without services. It takes each of the tokens, so
// that they can be changed one process after the other.
func NewServer(log *slog.Logger, tokens ...string) *Server {
	s := &Server{log: log, watch: unwatched()}
	for _, token := range tokens {
		s.tokens = append(s.tokens, sha256.Sum256([]byte(token)))
	}
	return s
}

// Watched lets the answers be measured and traced. It is set before any is given.
func (s *Server) Watched(by *Watch) *Server {
	s.watch = by
	return s
}

// ServeHTTP answers an operation to those who have a token.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	if !s.known(r) {
		s.refuse(ctx, w, r, http.StatusUnauthorized, fault.New(fault.Internal, "service_token", "The caller shows no token of this platform."))
		return
	}
	if d := timeout(r.Header); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "panic", "operation", r.URL.Path, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			s.fail(ctx, w, r, errPanic)
		}
	}()
	s.mux.ServeHTTP(w, r.WithContext(ctx))
}

func (s *Server) known(r *http.Request) bool {
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum, found := sha256.Sum256([]byte(shown)), 0
	for _, token := range s.tokens {
		found |= subtle.ConstantTimeCompare(sum[:], token[:])
	}
	return ok && found == 1
}

// Handle mounts an operation of a service.
func Handle[Q, A any](s *Server, service, operation string, do func(context.Context, Q) (A, error)) {
	s.mux.HandleFunc("POST "+prefix+service+"/"+operation, func(w http.ResponseWriter, r *http.Request) {
		ctx, told := s.watch.answering(r.Context(), service, operation)
		var outcome error = errPanic // until it has another
		defer func() { told(outcome) }()
		a, err := answer(ctx, w, r, do)
		if outcome = err; err != nil {
			s.fail(ctx, w, r, fault.From(err))
			return
		}
		s.write(ctx, w, http.StatusOK, a)
	})
}

// answer reads what is asked, and does it.
func answer[Q, A any](ctx context.Context, w http.ResponseWriter, r *http.Request, do func(context.Context, Q) (A, error)) (a A, err error) {
	var q Q
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
		return a, fault.New(fault.Internal, "malformed_request", "The request cannot be read.").Because(err)
	}
	return do(ctx, q)
}

// errPanic is how an operation ended that did not come to its end.
var errPanic = fault.New(fault.Internal, "internal", "an internal error occurred")

// Making is for an operation that tells whether what it gives is new.
func Making[Q, A any](do func(context.Context, Q) (A, bool, error)) func(context.Context, Q) (Made[A], error) {
	return func(ctx context.Context, q Q) (Made[A], error) {
		it, created, err := do(ctx, q)
		return Made[A]{It: it, Created: created}, err
	}
}

// Doing is for an operation that gives nothing.
func Doing[Q any](do func(context.Context, Q) error) func(context.Context, Q) (struct{}, error) {
	return func(ctx context.Context, q Q) (struct{}, error) { return struct{}{}, do(ctx, q) }
}

// Asking is for an operation that needs nothing.
func Asking(do func(context.Context) error) func(context.Context, struct{}) (struct{}, error) {
	return func(ctx context.Context, _ struct{}) (struct{}, error) { return struct{}{}, do(ctx) }
}

func (s *Server) fail(ctx context.Context, w http.ResponseWriter, r *http.Request, f *fault.Error) {
	s.refuse(ctx, w, r, status(f.Kind), f)
}

func (s *Server) refuse(ctx context.Context, w http.ResponseWriter, r *http.Request, code int, f *fault.Error) {
	if !f.Kind.Definite() {
		attrs := append(fault.Attrs(f), slog.String("operation", r.URL.Path))
		s.log.LogAttrs(ctx, slog.LevelError, "operation failed", attrs...)
	}
	s.write(ctx, w, code, toRefusal(f))
}

func (s *Server) write(ctx context.Context, w http.ResponseWriter, code int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		s.log.ErrorContext(ctx, "answer cannot be written", "type", fmt.Sprintf("%T", v))
		code, raw = http.StatusInternalServerError, []byte(`{"kind":"internal","code":"internal","message":"an internal error occurred"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(raw) // the caller may have gone
}
