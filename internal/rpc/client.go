package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"go.opentelemetry.io/otel/propagation"

	"github.com/skaldhq/skald/internal/fault"
)

// Upstream is a service in another process. It is safe for concurrent use.
type Upstream struct {
	service, token string
	urls           []string
	turn           atomic.Uint64 // of the next request
	http           *http.Client
	breaker        circuitbreaker.CircuitBreaker[any]
	reads, writes  failsafe.Executor[any]
	watch          *Watch
}

// NewUpstream returns a service that answers at a base URL, or at several,
// separated by spaces, which take turns. tell, if not nil, is told of each change
// of the breaker's state.
func NewUpstream(service, baseURLs, token string, tell func(State)) *Upstream {
	u := &Upstream{
		service: service, token: token,
		http: &http.Client{Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
			MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: false,
		}},
		watch: unwatched(),
	}
	u.breaker = newBreaker(func(s State) {
		u.watch.breaker(service, s)
		if tell != nil {
			tell(s)
		}
	})
	for _, base := range strings.Fields(baseURLs) {
		u.urls = append(u.urls, strings.TrimSuffix(base, "/")+prefix+service+"/")
	}
	u.reads, u.writes = failsafe.With[any](newRetries()), failsafe.With[any]()
	return u
}

// Watched lets the requests be measured and traced. It is set before any is made.
func (u *Upstream) Watched(by *Watch) *Upstream {
	u.watch = by
	by.breaker(u.service, u.State())
	return u
}

// State is the state of the breaker.
func (u *Upstream) State() State { return stateOf(u.breaker.State()) }

// Close lets go of idle connections.
func (u *Upstream) Close() { u.http.CloseIdleConnections() }

// Read asks for what changes nothing: it is tried again, within the time that the
// context gives.
func Read[A any](ctx context.Context, u *Upstream, operation string, q any) (A, error) {
	return call[A](ctx, u, u.reads, readTimeout, operation, q)
}

// Write asks once for what may change something.
func Write[A any](ctx context.Context, u *Upstream, operation string, q any) (A, error) {
	return call[A](ctx, u, u.writes, writeTimeout, operation, q)
}

// Make asks once for what may be new.
func Make[A any](ctx context.Context, u *Upstream, operation string, q any) (A, bool, error) {
	made, err := Write[Made[A]](ctx, u, operation, q)
	return made.It, made.Created, err
}

func call[A any](ctx context.Context, u *Upstream, executor failsafe.Executor[any], attempt time.Duration, operation string, q any) (a A, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return a, fmt.Errorf("ask %s: %w", u.service, err)
	}
	if mangled(body) {
		return a, fault.New(fault.Invalid, "invalid", "Text must be UTF-8.")
	}
	_, err = executor.WithContext(ctx).Get(func() (any, error) {
		var answer A // of this attempt alone
		if err := u.guarded(ctx, func() error { return u.attempt(ctx, attempt, operation, body, &answer) }); err != nil {
			return nil, err
		}
		a = answer
		return nil, nil //nolint:nilnil // the answer is a
	})
	if errors.Is(err, circuitbreaker.ErrOpen) {
		err = fault.New(fault.Unavailable, "service_unavailable", "The "+u.service+" service does not answer.").Because(err)
	}
	return a, err
}

// guarded asks unless the breaker is open, and tells it how that went. That whoever
// asked has gone says nothing of the service: only where the breaker waits for a
// verdict, it is not a good one.
func (u *Upstream) guarded(ctx context.Context, ask func() error) error {
	if !u.breaker.TryAcquirePermit() {
		return circuitbreaker.ErrOpen
	}
	err := ask()
	gone := errors.Is(ctx.Err(), context.Canceled)
	switch {
	case gone && u.breaker.IsClosed():
	case gone || failed(err):
		u.breaker.RecordFailure()
	default:
		u.breaker.RecordSuccess()
	}
	return err
}

// mangled tells whether JSON holds what the encoder put where text was not UTF-8:
// the escape of U+FFFD, which it writes for nothing else. Behind an even number
// of backslashes it is text that looks like it.
func mangled(body []byte) bool {
	for rest := body; ; {
		i := bytes.Index(rest, []byte(`\ufffd`))
		if i < 0 {
			return false
		}
		before := len(rest[:i]) - len(bytes.TrimRight(rest[:i], `\`))
		if before%2 == 0 {
			return true
		}
		rest = rest[i+1:]
	}
}

// attempt asks once, one after the other until one is there to be asked. Its error
// is a fault.
func (u *Upstream) attempt(ctx context.Context, most time.Duration, operation string, body []byte, answer any) (err error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err = errors.New(u.service + " has no URL")
	first := u.turn.Add(1)
	for i := range uint64(len(u.urls)) {
		asking, told := u.watch.asking(ctx, u.service, operation)
		err = u.ask(asking, u.urls[(first+i)%uint64(len(u.urls))]+operation, body, answer)
		told(err)
		if !errors.Is(err, errNobody) {
			return err
		}
	}
	return err
}

// errNobody is that the request never left: nothing happened.
var errNobody = errors.New("nobody is there")

// ask asks one process.
func (u *Upstream) ask(ctx context.Context, url string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask %s: %w", u.service, err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+u.token)
	if deadline, ok := ctx.Deadline(); ok {
		request.Header.Set(headerTimeout, strconv.FormatInt(max(time.Until(deadline).Milliseconds(), 1), 10))
	}
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(request.Header))
	response, err := u.http.Do(request)
	if err != nil {
		return u.lost(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return u.lost(err)
	}
	if response.StatusCode != http.StatusOK {
		return u.refused(response.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return u.unknown(fmt.Errorf("answer of %s: %w", u.service, err))
	}
	return nil
}

// lost is the fault of a request that was not answered.
func (u *Upstream) lost(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fault.New(fault.Unavailable, "service_unavailable", "The "+u.service+" service does not answer.").Because(errors.Join(errNobody, err))
	}
	return u.unknown(err)
}

func (u *Upstream) unknown(err error) error {
	return fault.New(fault.Unknown, "service_unavailable", "The "+u.service+" service did not answer in time.").Because(err)
}

// refused is the fault that a service answered with, or that something between
// it and here did.
func (u *Upstream) refused(code int, raw []byte) error {
	var r refusal
	if err := json.Unmarshal(raw, &r); err != nil || r.Kind == "" || r.Code == "" {
		return u.unknown(fmt.Errorf("%s answered with status %d", u.service, code))
	}
	return r.fault()
}
