package chaos_test

import (
	"context"
	"fmt"
	"time"
)

// watch is what was seen while it ran.
type watch struct {
	looks  int // at everything that always holds
	broken []string
}

const (
	// betweenLooks is the shortest pause between two looks.
	betweenLooks = 5 * time.Second
	// idle is how many times as long as a look took the next one waits: what
	// watches must not be what wears it down.
	idle = 20
)

// run looks again and again, until the context ends, whether what always holds
// does. A look that a fault keeps from a database sees what the others say.
func (w *watch) run(ctx context.Context, world *world) {
	for ctx.Err() == nil {
		begun := time.Now()
		broken, err := world.always(ctx)
		for _, b := range broken {
			fmt.Printf("chaos: %s\n", b)
		}
		w.broken = append(w.broken, broken...)
		if err == nil {
			w.looks++
		}
		last(ctx, max(betweenLooks, idle*time.Since(begun)))
	}
}

func (w *world) always(ctx context.Context) ([]string, error) {
	w.restarting.RLock()
	p := w.platform()
	w.restarting.RUnlock()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p.Always(ctx)
}
