package chaos_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// size is how much chaos there is.
type size struct {
	seed        uint64
	sagas       int
	faults      int // at least
	kinds       int // at least
	span        time.Duration
	heal        time.Duration // until all is at rest
	fewestKinds int           // that strike each step
}

// TestChaos: whatever fails while orders, cancellations and refunds run, once it
// is healed every saga comes to its end and every invariant holds.
func TestChaos(t *testing.T) {
	var all []*result
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := sizeOf(t, seed).run(t)
			fmt.Print(r.text())
			all = append(all, r)
		})
	}
	if dir := os.Getenv("SKALD_CHAOS_REPORT"); dir != "" && !t.Failed() {
		require.NoError(t, write(dir, all))
	}
}

// sizeOf is the size for continuous integration, unless the environment says.
func sizeOf(t *testing.T, seed uint64) size {
	n := size{
		seed: seed, sagas: number(t, "SKALD_CHAOS_SAGAS", 1000), faults: number(t, "SKALD_CHAOS_FAULTS", 30),
		kinds: number(t, "SKALD_CHAOS_KINDS", 8), heal: 4 * time.Minute,
	}
	n.fewestKinds = 2 + n.sagas/3000
	n.span = time.Duration(n.sagas) * time.Second / time.Duration(number(t, "SKALD_CHAOS_RATE", 8))
	return n
}

func seeds(t *testing.T) (all []uint64) {
	text := cmp.Or(os.Getenv("SKALD_CHAOS_SEEDS"), "1")
	for field := range strings.SplitSeq(text, ",") {
		seed, err := strconv.ParseUint(field, 10, 64)
		require.NoError(t, err, "SKALD_CHAOS_SEEDS")
		all = append(all, seed)
	}
	return all
}

func number(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

// pause is the longest between two faults of a lane, so that a few more faults
// than are asked for fit into the time.
func (n size) pause() time.Duration {
	each := n.span * lanes / time.Duration(n.faults+n.faults/3)
	return max(2*time.Second, 2*(each-usualFault))
}

// run causes the chaos, heals it and judges what is left.
func (n size) run(t *testing.T) *result {
	w := newWorld(t, binaries.skald)
	shop := openShop(w, int64(max(10, n.sagas/40)))
	// Some customers leave before their order was taken.
	orders := n.sagas + n.sagas/16
	l := &load{shop: shop, seed: n.seed, orders: orders, every: n.span / time.Duration(orders)}
	s := newSchedule(w, n.seed, n.pause())
	out := &result{size: n, begun: time.Now()}
	ctx, cancel := context.WithTimeout(t.Context(), 2*n.span+150*time.Second)
	defer cancel()

	progress, quiet := context.WithCancel(ctx)
	defer quiet()
	go w.report(progress, l, s, n)
	watching, enoughSeen := context.WithCancel(ctx)
	defer enoughSeen()
	var customers, faults, watcher sync.WaitGroup
	watcher.Go(func() { out.watch.run(watching, w) })
	customers.Go(func() { l.run(ctx) })
	faults.Go(func() {
		s.run(ctx, func(faults int) bool { return faults >= n.faults && int(l.placed.Load()) >= orders })
	})
	faults.Wait()
	out.healed = time.Now()
	t.Logf("healed after %s", out.healed.Sub(out.begun).Round(time.Second))
	rest, cancelRest := context.WithTimeout(ctx, n.heal)
	defer cancelRest()
	operating, off := context.WithCancel(rest)
	go func() {
		r := rand.New(rand.NewPCG(n.seed, 3))
		for operating.Err() == nil {
			if retried := shop.operator(operating, r); retried > 0 {
				fmt.Printf("chaos: an operator retried %d parked steps\n", retried)
				out.retried.Add(int64(retried))
			}
			last(operating, 3*time.Second)
		}
	}()
	customers.Wait()
	err := w.platform().Rest(rest)
	off()
	if err != nil {
		require.NoError(t, err, "%s\n%s", w.platform().Explain(context.WithoutCancel(ctx)), w.logs())
	}
	out.rested = time.Now()
	shop.bank.stragglers(ctx)
	require.NoError(t, w.platform().Rest(rest))
	quiet()
	enoughSeen()
	watcher.Wait()

	judging, cancelJudging := context.WithTimeout(t.Context(), time.Minute+time.Duration(n.sagas)*50*time.Millisecond)
	defer cancelJudging()
	out.verdict, err = w.platform().Judge(judging)
	require.NoError(t, err)
	out.learn(w, l, s)
	out.verdict.Broken = append(out.watch.broken, out.verdict.Broken...)
	require.NoError(t, out.verdict.Err(), "seed %d", n.seed)
	out.requireEnough(t)
	return out
}

// report tells every few seconds how far it is.
func (w *world) report(ctx context.Context, l *load, s *schedule, n size) {
	begun, told := time.Now(), 0
	for ctx.Err() == nil {
		last(ctx, 5*time.Second)
		episodes := s.episodes()
		for ; told < len(episodes); told++ {
			fmt.Printf("chaos: %s\n", episodes[told])
		}
		restarts := 0
		for _, p := range w.processes {
			restarts += p.restarts()
		}
		fmt.Printf("chaos: %3.0f s: %d of %d orders placed, %d seen to their end; %d of %d faults; %d restarts\n",
			time.Since(begun).Seconds(), l.placed.Load(), l.orders, l.ended.Load(), len(episodes), n.faults, restarts)
	}
}
