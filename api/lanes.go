package api

import (
	"context"
	"slices"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/api/timeline"
)

// lane is the runs of one saga, oldest first. The last one may go on; each that
// comes before it has ended.
type lane struct {
	workflowID string
	runs       []*track
	settled    bool // no other run is to come
}

// track is one run, as far as it was read.
type track struct {
	*timeline.Run
	had   int64  // the last event that was had before
	next  []byte // where to go on waiting; nil: nothing came of waiting yet
	begun bool
	gone  bool // Temporal has no more of it
}

func (l *lane) last() *track { return l.runs[len(l.runs)-1] }

// goesOn tells that the last run may: there is none after it.
func (l *lane) goesOn() bool { return len(l.runs) > 0 && !l.last().over() }

func (r *track) over() bool { return r.gone || r.Closed() }

// fresh are the entries of events that were not had before.
func (r *track) fresh(events []*historypb.HistoryEvent) []timeline.Item {
	return slices.DeleteFunc(r.Read(events), func(item timeline.Item) bool { return item.EventID <= r.had })
}

// merged takes of the heads of the queues the earliest, again and again: each
// queue keeps its sequence.
func merged(queues [][]timeline.Item) (all []timeline.Item) {
	for {
		earliest := -1
		for i, queue := range queues {
			if len(queue) > 0 && (earliest < 0 || queue[0].At.Before(queues[earliest][0].At)) {
				earliest = i
			}
		}
		if earliest < 0 {
			return all
		}
		all = append(all, queues[earliest][0])
		queues[earliest] = queues[earliest][1:]
	}
}

// How the sagas of an order are asked for together.
const (
	// lanesAtOnce is how many are at a time: fifty are there in a moment, and one
	// timeline takes little of what Temporal gives all of them.
	lanesAtOnce = 8
	// gatherWithin bounds it for all of them: a stream has to ping in between.
	gatherWithin = 10 * time.Second
)

// gather asks a question of each, and gives the answers in their sequence; the
// first error ends it.
func gather[Of, Answer any](ctx context.Context, all []Of, ask func(context.Context, Of) (Answer, error)) ([]Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, gatherWithin)
	defer cancel()
	group, asking := errgroup.WithContext(ctx)
	group.SetLimit(lanesAtOnce)
	answers := make([]Answer, len(all))
	for i, of := range all {
		group.Go(func() (err error) {
			answers[i], err = ask(asking, of)
			return err
		})
	}
	return answers, group.Wait()
}
