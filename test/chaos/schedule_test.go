package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// episode is a fault that was caused: when it began and when it was over.
type episode struct {
	hit
	Kind     string
	From, To time.Time
	Err      error
}

// lanes is how many faults there are at the same time, at most.
const lanes = 3

// usualFault is how long one takes, on average.
const usualFault = 8 * time.Second

// schedule causes faults, some at the same time, in an order that the seed gives.
type schedule struct {
	world *world
	kinds []string
	pause time.Duration // between two faults of a lane, at most

	mu       sync.Mutex
	sequence []string // what comes next
	draw     *rand.Rand
	done     []episode
}

func newSchedule(w *world, seed uint64, pause time.Duration) *schedule {
	return &schedule{
		world: w, kinds: slices.Sorted(maps.Keys(kinds())), pause: pause,
		draw: rand.New(rand.NewPCG(seed, 1)),
	}
}

// next gives the kind of the next fault, and its own source of chance. Every
// kind comes once before any comes again.
func (s *schedule) next() (kind string, r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sequence) == 0 {
		s.sequence = slices.Clone(s.kinds)
		s.draw.Shuffle(len(s.sequence), func(i, j int) { s.sequence[i], s.sequence[j] = s.sequence[j], s.sequence[i] })
	}
	kind, s.sequence = s.sequence[0], s.sequence[1:]
	return kind, rand.New(rand.NewPCG(s.draw.Uint64(), 2))
}

// run causes faults until enough says so.
func (s *schedule) run(ctx context.Context, enough func(faults int) bool) {
	var side sync.WaitGroup
	all := kinds()
	for range lanes {
		side.Go(func() {
			for ctx.Err() == nil && !enough(len(s.episodes())) {
				kind, r := s.next()
				last(ctx, between(r, 0, s.pause))
				e := episode{Kind: kind, From: time.Now()}
				e.hit, e.Err = all[kind](ctx, s.world, r, func() { e.From = time.Now() })
				e.To = time.Now()
				s.note(e)
			}
		})
	}
	side.Wait()
}

// note keeps a fault. One that hit nothing is none: its kind comes again after a
// few others.
func (s *schedule) note(e episode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !errors.Is(e.Err, errMissed) {
		s.done = append(s.done, e)
		return
	}
	fmt.Printf("chaos: %s\n", e)
	if !slices.Contains(s.sequence, e.Kind) {
		s.sequence = slices.Insert(s.sequence, min(lanes, len(s.sequence)), e.Kind)
	}
}

// episodes are the faults so far.
func (s *schedule) episodes() []episode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.done)
}

func (e episode) String() string {
	text := fmt.Sprintf("%s (%s) %.1f s", e.Kind, e.target, e.To.Sub(e.From).Seconds())
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}
