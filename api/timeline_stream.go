package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/skaldhq/skald/services/order"
)

// The times of a stream.
const (
	// longestStream ends a stream, so that a credential which counts no more shows
	// nothing for long: clients come again by themselves.
	longestStream = 15 * time.Minute
	// lookAgain is how often a stream looks for other sagas while one runs, and how
	// the order stands.
	lookAgain = 10 * time.Second
	// idlePause is between two looks where no saga runs, but one is about to.
	idlePause = time.Second
)

// ended marks the id of the end of a stream: who comes again with it has it all.
const ended = ",end"

// stream answers with a timeline that grows. What can be told as a problem is told
// before the answer begins; from then on it rides out whatever does not answer.
func (t *timelines) stream(ctx context.Context, o order.Order, from string) (*timelineOutput, error) {
	who := principalOf(ctx).ID
	if !t.streams.take(who) {
		tooMany := errTooManyStreams.problem(ctx)
		return nil, huma.ErrorWithHeaders(tooMany, http.Header{"Retry-After": {seconds(reconnectAfter)}})
	}
	trail, err := t.newTrail(ctx, o, from)
	var steps []step
	if err == nil {
		steps, err = trail.read(ctx)
	}
	if err != nil {
		t.streams.leave(who)
		return nil, problem(ctx, err)
	}
	return &timelineOutput{Body: func(hc huma.Context) {
		defer t.streams.leave(who)
		r, w := humago.Unwrap(hc)
		if strings.HasSuffix(from, ended) && len(steps) == 0 && trail.complete() {
			w.WriteHeader(http.StatusNoContent) // which keeps browsers from coming again
			return
		}
		requestOf(r.Context()).opened = time.Now()
		out := newSSE(w)
		if r.Method == http.MethodHead {
			return
		}
		open, cancel := context.WithTimeout(r.Context(), longestStream)
		defer cancel()
		defer context.AfterFunc(closing(r.Context()), cancel)()
		s := &live{trail: trail, out: out, looked: time.Now(), trying: "[]"}
		s.tell(steps)
		s.run(open)
	}}, nil
}

// live is a stream of one trail.
type live struct {
	trail  *trail
	out    *sse
	looked time.Time // when the order was last asked how it stands
	stale  bool      // something happened since
	trying string    // what is being tried, as it was last told
}

// tell tells of entries.
func (s *live) tell(steps []step) {
	for _, step := range steps {
		s.out.send("entry", step.cursor, step.entry)
	}
	s.stale = s.stale || len(steps) > 0
}

// run tells of each entry as it is recorded, until the timeline is complete, the
// client has gone or the time is over.
func (s *live) run(ctx context.Context) {
	for ctx.Err() == nil && s.out.failed == nil {
		if s.trail.complete() && !s.stale {
			o := s.trail.order
			s.out.send("end", s.trail.cursor.String()+ended, TimelineEnd{
				OrderID: o.ID, Status: o.Status, Saga: OrderSaga(o.Saga), Expired: s.trail.expired(), Erased: s.trail.erased(),
			})
			return
		}
		if err := s.round(ctx); err != nil && ctx.Err() == nil {
			note(ctx, err)
			pause(ctx, idlePause) // it will answer again
		}
		s.out.ping()
	}
}

// round waits for what happens, for as long as historyWait.
func (s *live) round(ctx context.Context) error {
	steps, err := s.trail.await(ctx)
	s.tell(steps)
	if err != nil || len(steps) > 0 {
		return err
	}
	idle := len(s.trail.running()) == 0
	if idle || time.Since(s.looked) >= lookAgain {
		if err := s.trail.look(ctx, true); err != nil {
			return err
		}
		s.looked, s.stale = time.Now(), false
	}
	if idle && len(s.trail.running()) == 0 && !s.trail.complete() {
		pause(ctx, idlePause)
	}
	return s.tellTrying(ctx)
}

// tellTrying tells what is being tried, where that changed.
func (s *live) tellTrying(ctx context.Context) error {
	trying, err := s.trail.trying(ctx)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(trying)
	if err == nil && string(raw) != s.trying {
		s.trying = string(raw)
		s.out.send("running", "", trying)
	}
	return err
}

// pause waits, unless the context ends.
func pause(ctx context.Context, d time.Duration) {
	waiting, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-waiting.Done()
}
